// Runs the project's wrangler.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DISCREET, putSecrets } from "../../pkg/cli/cloudflare/secrets.js";
import { Stop, ended } from "../lib/command.js";
import { environment, inRoot, node22, root } from "../setup.js";
import { fileOf } from "./workers.js";

const PROGRAM = "node_modules/wrangler/bin/wrangler.js";

/** The configuration that is deployed, where the wrangler file lacks an id. It lies beside that file, since its paths are relative. */
const FILLED_IN = "wrangler.deploy.json";

/**
 * Deploys a Worker, with `config` in the place of its wrangler file if it is given. Returns the places that it is reached at, as
 * wrangler names them.
 *
 * @param {{ name: string, folder: string }} worker
 * @param {{ account?: string, config?: object, isDryRun?: boolean }} [options]
 */
export async function deployWorker(worker, { account, config, isDryRun = false } = {}) {
  const out = mkdtempSync(join(tmpdir(), "orderhook-deploy-"));
  const report = join(out, "report.ndjson");
  const file = config ? filledIn(worker, config) : fileOf(worker);
  try {
    const args = ["deploy", "-c", file, ...(isDryRun ? ["--dry-run", "--outdir", out] : [])];
    const env = { ...accountOf(account), WRANGLER_OUTPUT_FILE_PATH: report };
    const status = await wrangler(args, env);
    if (status !== 0) throw new Stop(`${worker.name} was not deployed: wrangler says why above.`);
    return existsSync(report) ? targetsIn(readFileSync(report, "utf8")) : [];
  } finally {
    if (config) rmSync(inRoot(file), { force: true });
    rmSync(out, { recursive: true, force: true });
  }
}

function filledIn({ folder }, config) {
  const file = join(folder, FILLED_IN);
  writeFileSync(inRoot(file), JSON.stringify(config));
  return file;
}

const accountOf = (id) => (id === undefined ? {} : { CLOUDFLARE_ACCOUNT_ID: id });

const targetsIn = (report) =>
  report
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === "deploy")
    .flatMap(({ targets }) => targets ?? []);

/** Sets secrets of a deployed Worker. */
export const setSecrets = (worker, values, account) =>
  putSecrets(root, values, { file: fileOf(worker), env: environment(accountOf(account)) });

async function wrangler(args, env) {
  const child = spawn(node22(), [inRoot(PROGRAM), ...args], {
    cwd: root,
    env: environment({ ...DISCREET, ...env }),
    stdio: "inherit",
  });
  return ended(child, "wrangler");
}
