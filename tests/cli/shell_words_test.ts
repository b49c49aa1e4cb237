/** What messages tell a user to type. Oracle: a shell, which must read the word as it was meant, and run nothing. */
import assert from "node:assert/strict";
import { shellWord } from "../../src/cli/text/text.ts";
import { flagOf } from "../../src/cli/text/flag_names.ts";
import { elbow, elbowOk, Folder, QUICK } from "./util.ts";

Deno.test("a shell reads every word as it was meant", async () => {
  const words = [
    "zip=categorical",
    "",
    "a b=1,234.50%",
    "$(touch pwned)=numeric",
    "`touch pwned`",
    "isn't $HOME",
    'say "hi"',
    "back\\slash\\",
    "a;b|c&d>e*",
    "wow!!",
    "-é",
  ];
  using folder = new Folder();
  for (const word of words) {
    const command = new Deno.Command("sh", {
      args: ["-c", `printf %s ${shellWord(word)}`],
      cwd: folder.path,
    });
    const { stdout } = await command.output();
    assert.equal(new TextDecoder().decode(stdout), word);
  }
  assert.deepEqual(folder.names(), []);
});

Deno.test("the flag for a column whose name a shell would run is quoted", async () => {
  using folder = new Folder();
  const lines = Array.from({ length: 40 }, (_, r) => `${r},${r * r % 17}`);
  const data = folder.write("t.csv", ["$(touch pwned),x", ...lines, ""].join("\n"));
  const { stderr } = await elbow(["train", data, "--out", folder.at("m"), ...QUICK]);
  assert.ok(stderr.includes("--column '$(touch pwned)=numeric' keeps it"), stderr);
});

Deno.test("a message names the flag that sets an option", async () => {
  const help = await elbowOk("train", "--help");
  const names = ["optimizer", "earlyStopping", "batchSize", "validation", "members", "objective"];
  for (const name of names) assert.match(help, new RegExp(`^  ${flagOf(name)} `, "m"), name);
});
