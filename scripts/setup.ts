/**
 * What the test suites need of a machine beyond Deno, as one table. As root on Debian the missing
 * packages are installed with apt; elsewhere the line to type is printed and the run goes on: a
 * suite that cannot run says why it is skipped (tests/util/skip.ts).
 */

import { canRun, passThrough } from "./lib/child.ts";
import { hasAdapter } from "./lib/gpu.ts";

/** One thing that some suite needs. */
export interface Requirement {
  readonly name: string;
  /** Which suites, for the message. */
  readonly neededBy: string;
  readonly aptPackages: readonly string[];
  readonly present: () => Promise<boolean>;
}

/** The table. */
export const REQUIREMENTS: readonly Requirement[] = [
  {
    name: "a WebGPU adapter",
    neededBy: "tests/webgpu",
    aptPackages: ["mesa-vulkan-drivers"],
    present: hasAdapter,
  },
];

/** What setting up does to the world, replaceable by a test. */
export interface Host {
  readonly canInstall: () => Promise<boolean>;
  /** Runs one command, returns its exit status. */
  readonly run: (command: string, args: readonly string[]) => Promise<number>;
  readonly say: (line: string) => void;
}

const HOST: Host = {
  canInstall: async () => Deno.build.os === "linux" && Deno.uid() === 0 && await canRun("apt-get"),
  run: passThrough,
  say: (line) => console.error(line),
};

/** Installs what is missing, or says how to; returns the names of what is still missing. */
export async function setUp(
  requirements: readonly Requirement[] = REQUIREMENTS,
  host: Host = HOST,
): Promise<string[]> {
  const missing = await findMissing(requirements);
  if (missing.length === 0) return [];
  for (const { name, neededBy } of missing) host.say(`Missing: ${name}, needed by ${neededBy}`);
  const packages = [...new Set(missing.flatMap(({ aptPackages }) => aptPackages))].sort();
  const install = ["install", "--yes", "--no-install-recommends", ...packages];
  if (!await host.canInstall()) {
    host.say(`To run these suites: sudo apt-get ${install.join(" ")}`);
    return missing.map(({ name }) => name);
  }
  await host.run("apt-get", ["update", "--quiet"]);
  const status = await host.run("env", ["DEBIAN_FRONTEND=noninteractive", "apt-get", ...install]);
  if (status !== 0) host.say(`apt-get failed with status ${status}: going on without`);
  return (await findMissing(missing)).map(({ name }) => name);
}

async function findMissing(requirements: readonly Requirement[]): Promise<Requirement[]> {
  const present = await Promise.all(requirements.map((requirement) => requirement.present()));
  return requirements.filter((_, index) => !present[index]);
}
