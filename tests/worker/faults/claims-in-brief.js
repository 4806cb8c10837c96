// The Worker's own class of Durable Objects, whose claims last as long as a test says.
import { Claims as Own } from "./entry.js";

export class Claims extends Own {
  claim(keys, claimant) {
    return super.claim(keys, claimant, this.env.CLAIM_MS);
  }
}

export default {};
