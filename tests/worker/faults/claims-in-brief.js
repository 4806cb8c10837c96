// The Worker's own class of Durable Objects, with shorter claims: an abandoned one ends before the usual half a minute, for which
// a test would have to wait.
import { Claims as Own } from "./entry.js";

export class Claims extends Own {
  claim(keys, claimant, ms) {
    return super.claim(keys, claimant, Math.min(ms, this.env.MAX_CLAIM_MS));
  }
}

export default {};
