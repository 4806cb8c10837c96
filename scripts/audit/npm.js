// Checks npm's packages against the registry's advisories and signatures, and the form of npm's lock files.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { capture } from "../lib/command.js";
import { inRoot, root } from "../setup.js";
import { lockFileFindings } from "./lock-file.js";

const TIMEOUT_MS = 180_000;
const NO_ANSWER = `no answer within ${TIMEOUT_MS / 1000} s`;
const OPTIONS = [
  "--json",
  // NODE_ENV=production would leave out the development tools.
  "--include=dev",
  // npm's own retries take more than a minute for each folder.
  ...["--fetch-retries=1", "--fetch-retry-mintimeout=1000"],
];

/**
 * The severities that fail for a development tool. Every severity fails for a package that is deployed or published, because
 * such a package reads hostile input. A development tool reads what this project gives it.
 */
const SEVERE = ["high", "critical"];

/**
 * Advisories that do not fail: an array of `{ id, reason, until }`, where `id` is the GitHub advisory's, and `until` is a date
 * such as `2027-01-31`. The advisory fails again after that day.
 */
const accepted = () => JSON.parse(readFileSync(inRoot("scripts/audit/accepted.json"), "utf8"));

/** Yields three results for each folder: its lock file's form, its advisories and its signatures. */
export async function* npmResults(folders, env) {
  for (const folder of folders) {
    const { allowScripts } = read(folder, "package.json");
    const findings = lockFileFindings(read(folder, "package-lock.json"), allowScripts);
    yield { what: `package-lock.json, ${folder}`, ...found(findings) };
    yield { what: `npm audit, ${folder}`, ...(await advisoryResult(folder, env)) };
    yield { what: `npm audit signatures, ${folder}`, ...(await signatureResult(folder, env)) };
  }
}

const read = (folder, file) => JSON.parse(readFileSync(resolve(root, folder, file), "utf8"));

const npm = (folder, args, env) =>
  capture("npm", [...args, ...OPTIONS], { cwd: resolve(root, folder), env, timeout: TIMEOUT_MS });

const date = () => new Date().toISOString().slice(0, 10);

/** Requests the advisories on a folder's packages. `list` and `today` are for tests. */
export async function advisoryResult(folder, env, { list = accepted(), today = date() } = {}) {
  const done = await npm(folder, ["audit"], env);
  if (done.status === "timeout") return unanswered(NO_ANSWER);
  const report = parse(done.stdout);
  // npm prints a message in place of a report if the registry did not answer.
  if (report?.message) return unanswered(report.message);
  if (report?.auditReportVersion !== 2) return broken(done);
  const ignored = new Set(list.filter(({ until }) => today <= until).map(({ id }) => id));
  const counted = advisories(report, read(folder, "package-lock.json")).filter(
    ({ id, production, severity }) => (production || SEVERE.includes(severity)) && !ignored.has(id),
  );
  return found(
    counted.map(({ name, severity, title, url }) => `${name}, ${severity}: ${title} (${url})`),
  );
}

/** Lists the advisories of a report. Packages that only depend on a vulnerable one are left out. */
function advisories({ vulnerabilities }, { packages }) {
  return Object.values(vulnerabilities).flatMap(({ name, via, nodes }) => {
    const production = nodes.some((node) => !packages[node]?.dev);
    return via
      .filter((one) => typeof one === "object")
      .map(({ severity, title, url }) => ({
        id: url.split("/").at(-1),
        name,
        severity,
        title,
        url,
        production,
      }));
  });
}

/** The codes of npm's errors that say that a service did not answer. Any other error fails, a bad certificate among them. */
const UNANSWERED = new RegExp(
  "^(E[45]\\d\\d|ENOTFOUND|EAI_AGAIN|ECONN(REFUSED|RESET)|E(HOST|NET)UNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|" +
    "E(CONNECTION|IDLE|RESPONSE|TRANSFER)TIMEOUT)$",
);

/** Checks the signatures of a folder's installed packages. */
async function signatureResult(folder, env) {
  const done = await npm(folder, ["audit", "signatures"], env);
  if (done.status === "timeout") return unanswered(NO_ANSWER);
  const report = parse(done.stdout);
  if (UNANSWERED.test(report?.error?.code)) return unanswered(report.error.summary);
  if (!report?.invalid || !report.missing) return broken(done);
  const findings = ["invalid", "missing"].flatMap((kind) =>
    report[kind].map(({ name, version }) => `${name} ${version}: ${kind} signature`),
  );
  return done.status === 0 || findings.length > 0 ? found(findings) : broken(done);
}

const found = (lines) => ({ state: lines.length > 0 ? "failed" : "passed", lines });
const unanswered = (reason) => ({ state: "not checked", lines: [reason.split("\n")[0]] });
const broken = ({ status, stdout, stderr }) => ({
  state: "failed",
  lines: [`npm ended with ${status} and no report`, stderr.trim() || stdout.trim()],
});

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
