/** The machine that was measured, and pinning a process to a core. */
import { canRun } from "../../scripts/lib/child.ts";

/** The beginning of every file of results. */
export interface MachineReport {
  readonly cpu: string;
  readonly cores: number;
  readonly os: string;
  readonly deno: string;
  readonly v8: string;
  /** The core of single-threaded processes; null if processes cannot be pinned. */
  readonly pinnedTo: number | null;
}

export interface Pinning {
  readonly core: number | null;
  readonly cores: number;
  /** The command and arguments that run `command` on as many cores as it has threads. */
  wrap(threads: number, command: string, args: readonly string[]): [string, string[]];
}

/** Pins this process to the core of its single-threaded children, so that its probe is theirs. */
export async function pinSelf({ core }: Pinning): Promise<void> {
  if (core === null) return;
  const args = ["--all-tasks", "--cpu-list", "--pid", `${core}`, `${Deno.pid}`];
  await new Deno.Command("taskset", { args, stdout: "null" }).output();
}

/** Core 0 is left for everything else if there is another. */
export async function openPinning(): Promise<Pinning> {
  const cores = navigator.hardwareConcurrency;
  const able = await canRun("taskset");
  return {
    core: able ? cores - 1 : null,
    cores,
    wrap(threads, command, args) {
      if (!able) return [command, [...args]];
      const first = Math.max(0, cores - threads);
      return ["taskset", ["-c", `${first}-${cores - 1}`, command, ...args]];
    },
  };
}

export function reportMachine({ core, cores }: Pinning): MachineReport {
  return {
    cpu: cpuName(),
    cores,
    os: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    pinnedTo: core,
  };
}

function cpuName(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(text)?.[1] ?? "?";
    const [family, model, stepping] = ["cpu family", "model", "stepping"].map(field);
    return `${field("model name")} (family ${family}, model ${model}, stepping ${stepping})`;
  } catch {
    return "unknown";
  }
}
