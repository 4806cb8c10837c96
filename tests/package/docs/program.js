// Runs a server of the reader's: a process, on a port of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { Journal, PATIENCE_MS } from "../../support/journal.js";
import { freePort } from "../../support/port.js";

/**
 * Starts it, and returns its address as soon as it answers. `args` makes the arguments of the port.
 */
export async function serve(command, args, { cwd, env }) {
  const port = await freePort();
  const child = spawn(command, args(port), {
    cwd,
    env: { ...env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = new Journal("line of output");
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on("line", (line) => output.add(line));
  try {
    await answers(port, child);
  } catch (error) {
    await stop(child);
    throw new Error(
      `${command} ${args(port).join(" ")}: ${error.message}\n${output.entries.join("\n")}`,
    );
  }
  return { origin: `http://127.0.0.1:${port}`, output, stop: () => stop(child) };
}

// The examples do not report when they listen, so they are asked.
async function answers(port, child) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new Error("it has ended");
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch {
      await pause(20);
    } finally {
      socket.destroy();
    }
  }
  throw new Error("nothing answers");
}

const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null;

async function stop(child) {
  if (hasEnded(child)) return;
  child.kill("SIGKILL");
  await once(child, "close");
}
