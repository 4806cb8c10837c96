// Prints the results of the bench of deliveries as Markdown.
import { grouped, table } from "../peers/report.js";

const ms = (number) => `${number.toFixed(1)} ms`;
const dollars = (number) => `$${number.toFixed(2)}`;

export function report({ machine, found }) {
  return [
    machine,
    "",
    "From the POST at the receiver to the signed POST at an endpoint, both Workers in one workerd:",
    "",
    table(
      ["the queue of events", "a second", "median", "p99", "deliveries"],
      found.delays.map(({ queue, rate, median, p99, count }) => [
        queue,
        grouped(rate),
        ms(median),
        ms(p99),
        grouped(count),
      ]),
    ),
    "",
    "Two endpoints beside a third, at 10 events a second, in turns (`max_batch_timeout = 0`; the queue of attempts has " +
      "`max_batch_size = 10`):",
    "",
    table(
      ["the third endpoint", "median", "p99", "deliveries"],
      found.beside.map(({ third, median, p99, count }) => [
        third,
        ms(median),
        ms(p99),
        grouped(count),
      ]),
    ),
    "",
    "Deliveries of a backlog to one endpoint. A journal posts ten at a time:",
    "",
    table(
      ["", "a second"],
      found.rates.map(({ name, rate }) => [name, grouped(rate)]),
    ),
    "",
    "A million events with two endpoints, all taken at the first attempt, in batches of ten:",
    "",
    table(
      ["", "an event", "a million events"],
      [
        ...found.costs.map(({ what, each, price }) => [what, each.toFixed(2), dollars(price)]),
        ["in all", "", dollars(found.costs.reduce((sum, { price }) => sum + price, 0))],
      ],
    ),
  ].join("\n");
}
