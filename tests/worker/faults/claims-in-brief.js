// The Worker's own class of Durable Objects. A claim that nobody ends is over sooner than it would be: no test waits for half a
// minute.
import { Claims as Own } from "./entry.js";

export class Claims extends Own {
  claim(key, claimant, ms) {
    return super.claim(key, claimant, Math.min(ms, this.env.MAX_CLAIM_MS));
  }
}

export default {};
