/**
 * Compares the time per step on the GPU and on the host, in milliseconds: the minimum observed for each. Minima exclude
 * compilation, which makes a first submit slower than later ones. The clock only decides where steps are taken and how
 * often they are compared; it never affects their results.
 */

/** The submit that decides; the first one includes compilation. */
const DECIDING_SUBMIT = 2;

export class Race {
  readonly #clock: () => number;
  readonly #mayLeave: boolean;
  #host = Infinity;
  #gpu = Infinity;
  #submits = 0;
  #lastReceived = -Infinity;
  #whySlower?: string;

  /**
   * @param clock monotonic, milliseconds
   * @param mayLeave whether the GPU is used only if it is faster than the host
   */
  constructor(clock: () => number, mayLeave: boolean) {
    this.#clock = clock;
    this.#mayLeave = mayLeave;
  }

  now(): number {
    return this.#clock();
  }

  /** Why the run should continue on the host, if it should: the GPU was not faster in its second submit. */
  get whySlower(): string | undefined {
    return this.#whySlower;
  }

  /** The time of `hostSteps` steps on the host, in steps of the GPU; 0 while either time is unknown. */
  costOf(hostSteps: number): number {
    const cost = hostSteps * this.#host / this.#gpu;
    return Number.isFinite(cost) ? cost : 0;
  }

  /** Records that the host took `steps` steps since a time. */
  recordHost(steps: number, since: number): void {
    this.#host = Math.min(this.#host, (this.#clock() - since) / steps);
  }

  /**
   * Records a submit of `steps` steps that was received just now. The GPU started it after finishing the one before.
   */
  recordGpu(steps: number, sentAt: number): void {
    const now = this.#clock(), stepMs = (now - Math.max(sentAt, this.#lastReceived)) / steps;
    this.#lastReceived = now;
    this.#gpu = Math.min(this.#gpu, stepMs);
    if (++this.#submits !== DECIDING_SUBMIT || !this.#mayLeave || stepMs < this.#host) return;
    const [gpu, host] = [stepMs, this.#host].map((each) => each.toPrecision(3));
    this.#whySlower = `a step took ${gpu} ms there, ${host} ms on the host`;
  }
}
