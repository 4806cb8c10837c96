// The reader's own module, as the examples import it: here it passes events to the test. TAKEN is
// the test's address.
import { WebhookError } from "orderhook";

export async function take(event) {
  // The order `throw <code>` has an example catch this error, which no delivery causes by itself.
  const [, code] = event.subject?.match(/^throw (\w+)$/) ?? [];
  if (code) throw new WebhookError(code, `thrown for the test: ${code}`);
  const { ok } = await fetch("TAKEN", { method: "POST", body: JSON.stringify(event) });
  if (!ok) throw new Error("the database at db.internal is down");
}
