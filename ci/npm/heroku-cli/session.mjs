// Runs commands of Heroku's command line in one process, and loads its modules once.
// Usage: node session.mjs FOLDER   FOLDER: where the npm package is installed.
// Reads a command from each line, with U+001F between its arguments. Prints U+0004 after its output. A command
// that fails ends the process.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const program = resolve(process.argv[2], "node_modules/heroku/bin/run.js");
const { execute } = createRequire(program)("@oclif/core");
// Each command adds listeners.
process.stdout.setMaxListeners(0);
for await (const line of createInterface({ input: process.stdin })) {
  const args = line.split("\u001f");
  // Some commands read `process.argv` instead of `args`.
  process.argv.splice(1, Infinity, program, ...args);
  await execute({ args, dir: pathToFileURL(program).href });
  if (process.exitCode) process.exit();
  process.stdout.write("\u0004");
}
