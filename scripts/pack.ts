/**
 * The library as an npm package: what `deno pack` makes, and a note for bundlers that no module does anything when it
 * is imported. Without the note they keep every module that an entry can reach, such as a server's in a page that
 * needs only its client; `deno pack` cannot write it.
 *
 *     deno task pack [FILE]    writes elbow.tgz
 */
import { resolve } from "node:path";
import { ROOT } from "./lib/tree.ts";

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd })
    .output();
  if (success) return;
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  throw new Error(`Cannot pack: ${command} ${args[0]} failed\n${said}`);
}

const file = resolve(Deno.args[0] ?? "elbow.tgz");
const folder = await Deno.makeTempDir();
try {
  const plain = `${folder}/plain.tgz`, manifest = `${folder}/package/package.json`;
  await run(Deno.execPath(), ["pack", "--allow-dirty", "--quiet", "-o", plain], ROOT);
  await run("tar", ["-xzf", plain, "-C", folder], folder);
  const content = { ...JSON.parse(await Deno.readTextFile(manifest)), sideEffects: false };
  await Deno.writeTextFile(manifest, `${JSON.stringify(content, null, 2)}\n`);
  await run("tar", ["-czf", file, "-C", folder, "package"], folder);
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(`${file} is written. In your project: npm install ${file}`);
