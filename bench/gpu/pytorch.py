"""The work of bench/gpu.ts in PyTorch, on the same card: training steps (eager, torch.compile, CUDA graphs), scores of
many rows, and plain float32 products.

    python3 bench/gpu/pytorch.py [--quick] [--device cuda] [--seconds S] [--modes eager,compile,graphs]

Rows lie on the device; a step gathers its batch, draws noise, goes forward and backward, and updates
by Adam. 64 steps are timed together, with one wait for the device at their end, as Elbow's are; losses stay on
the device. Scores are eager and at the posterior mean, from rows on the host to numbers on the host; products are 8 to a
wait. Prints a table and writes build/bench/gpu_pytorch.json. A mode that fails is named with its reason.
"""
import argparse
import json
import math
import os
import statistics
import time

import torch
import torch.nn.functional as functional

# As WORKLOADS in bench/lib/workloads.ts.
WORKLOADS = {
    "W1": dict(inputs=32, hidden=[64], latent=8, activation="tanh", likelihood="gaussian"),
    "W2": dict(inputs=128, hidden=[256], latent=32, activation="relu", likelihood="gaussian"),
    "W3": dict(inputs=784, hidden=[400], latent=20, activation="relu", likelihood="bernoulli"),
    "W3b": dict(inputs=784, hidden=[200, 200], latent=50, activation="tanh", likelihood="bernoulli"),
}
STEPS = 64


def chain(widths):
    return torch.nn.ModuleList(torch.nn.Linear(i, o) for i, o in zip(widths, widths[1:]))


class Vae(torch.nn.Module):
    def __init__(self, inputs, hidden, latent, activation, likelihood):
        super().__init__()
        self.encoder = chain([inputs, *hidden])
        self.mean, self.log_var = (torch.nn.Linear(hidden[-1], latent) for _ in range(2))
        self.decoder = chain([latent, *hidden])
        self.out = torch.nn.Linear(hidden[-1], inputs)
        self.activation = torch.tanh if activation == "tanh" else torch.relu
        self.likelihood = likelihood

    def encode(self, x):
        for layer in self.encoder:
            x = self.activation(layer(x))
        return self.mean(x), self.log_var(x)

    def reconstruction(self, x, z):
        for layer in self.decoder:
            z = self.activation(layer(z))
        out = self.out(z)
        if self.likelihood == "gaussian":
            return 0.5 * (x - out).square().sum(1)
        return functional.binary_cross_entropy_with_logits(out, x, reduction="none").sum(1)


def elbo(vae, x):
    mean, log_var = vae.encode(x)
    z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
    kl = 0.5 * (mean.square() + log_var.exp() - log_var - 1).sum(1)
    return (vae.reconstruction(x, z) + kl).mean()


def iwae(vae, x, samples):
    mean, log_var = (each.repeat_interleave(samples, 0) for each in vae.encode(x))
    noise = torch.randn_like(mean)
    z = mean + (0.5 * log_var).exp() * noise
    # ln p(z) - ln q(z | x): the constants cancel, and (z - mean) / sigma is the noise.
    ratio = 0.5 * (noise.square() + log_var - z.square()).sum(1)
    weights = ratio - vae.reconstruction(x.repeat_interleave(samples, 0), z)
    return math.log(samples) - weights.view(-1, samples).logsumexp(1).mean()


def step_of(mode, name, batch, samples, device):
    """A function that takes one step."""
    torch.manual_seed(1)
    workload = WORKLOADS[name]
    vae = Vae(**workload).to(device)
    rows = torch.rand(batch, workload["inputs"], device=device)
    order = torch.randperm(batch, device=device)
    adam = torch.optim.Adam(vae.parameters(), lr=1e-3, capturable=mode == "graphs")
    loss_of = elbo if samples is None else lambda vae, x: iwae(vae, x, samples)
    if mode == "compile":
        loss_of = torch.compile(loss_of)

    def step():
        adam.zero_grad(set_to_none=True)
        loss = loss_of(vae, rows[order])
        loss.backward()
        adam.step()
        return loss

    return captured(step) if mode == "graphs" else step


def captured(step):
    """The step as one CUDA graph, after steps on a stream of their own, as PyTorch's notes ask."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step()

    def replay():
        graph.replay()
        return loss

    return replay


def timed(step, device):
    start = time.perf_counter()
    for _ in range(STEPS):
        loss = step()
    submitted = time.perf_counter()
    if device == "cuda":
        torch.cuda.synchronize()
    end = time.perf_counter()
    if not math.isfinite(loss.item()):
        raise ValueError("Cannot time steps: a loss is not finite")
    return 1000 * (end - start) / STEPS, 1000 * (submitted - start) / STEPS


def measure(step, device, seconds):
    for _ in range(2):
        timed(step, device)
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        times.append(timed(step, device))
    total, host = (statistics.median(column) for column in zip(*times))
    return {"ms": total, "hostMs": host, "submits": len(times)}


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def repeated(work, device, seconds):
    """Seconds of one call, after one that does not count."""
    work()
    wait(device)
    calls, start = 0, time.perf_counter()
    while calls == 0 or time.perf_counter() < start + seconds:
        work()
        wait(device)
        calls += 1
    return (time.perf_counter() - start) / calls


def scores(name, rows, device, seconds):
    torch.manual_seed(1)
    workload = WORKLOADS[name]
    vae, x = Vae(**workload).to(device), torch.rand(rows, workload["inputs"])

    @torch.no_grad()
    def score():
        there = x.to(device)
        mean, log_var = vae.encode(there)
        kl = 0.5 * (mean.square() + log_var.exp() - log_var - 1).sum(1)
        return (vae.reconstruction(there, mean) + kl).cpu()

    return {"workload": name, "rows": rows, "rowsPerSecond": rows / repeated(score, device, seconds)}


PER_WAIT = 8


def product(side, device, seconds):
    left, right = (torch.rand(side, side, device=device) for _ in range(2))
    out = torch.empty(side, side, device=device)

    def products():
        for _ in range(PER_WAIT):
            torch.matmul(left, right, out=out)

    taken = repeated(products, device, seconds) / PER_WAIT
    return {"side": side, "ms": 1000 * taken, "gigaflops": 2 * side**3 / taken / 1e9}


def cases(quick):
    if quick:
        return [("W1", 8, None), ("W1", 32, None), ("W1", 4, 5)]
    plain = [(name, batch, None) for name in WORKLOADS for batch in (128, 1024, 8192)]
    return [*plain, ("W3b", 20, 50)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--modes", default="eager,compile,graphs")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no CUDA device (--quick --device cpu tries the script)")
    if options.device != "cuda" and not options.quick:
        parser.error("a whole run is for a CUDA device")
    card = torch.cuda.get_device_name() if options.device == "cuda" else "cpu"
    seconds = options.seconds or (0.2 if options.quick else 2)
    # Elbow computes in float32: so does PyTorch here, TF32 being less.
    torch.backends.cuda.matmul.allow_tf32 = False
    cells = []
    print(f"{card}, PyTorch {torch.__version__}")
    print("| Net | k | Batch | Mode | Step, ms | of it host, ms |")
    print("| --- | ---: | ---: | --- | ---: | ---: |")
    for name, batch, samples in cases(options.quick):
        for mode in options.modes.split(","):
            cell = {"workload": name, "batch": batch, "samples": samples, "mode": mode}
            try:
                step = step_of(mode, name, batch, samples, options.device)
                cell |= measure(step, options.device, seconds)
                figures = f"{cell['ms']:.3f} | {cell['hostMs']:.4f}"
            except Exception as error:  # noqa: BLE001  (a mode may be missing; the others count)
                cell["failed"] = str(error).splitlines()[0] if str(error) else repr(error)
                figures = f"failed: {cell['failed'][:80]} |"
            cells.append(cell)
            print(f"| {name} | {samples or '-'} | {batch} | {mode} | {figures} |", flush=True)
    print("\n| Net | Rows scored in a call | Rows/s |\n| --- | ---: | ---: |")
    scored = []
    for name in WORKLOADS:
        scored.append(scores(name, 64 if options.quick else 65_536, options.device, seconds))
        print(f"| {name} | {scored[-1]['rows']} | {scored[-1]['rowsPerSecond']:.0f} |", flush=True)
    print("\n| Square product, side | ms | GFLOP/s |\n| ---: | ---: | ---: |")
    products = []
    for side in [48] if options.quick else [1024, 4096]:
        products.append(product(side, options.device, seconds))
        print(f"| {side} | {products[-1]['ms']:.3f} | {products[-1]['gigaflops']:.1f} |", flush=True)
    os.makedirs("build/bench", exist_ok=True)
    with open("build/bench/gpu_pytorch.json", "w", encoding="utf-8") as file:
        results = {"card": card, "pytorch": torch.__version__, "cells": cells}
        json.dump(results | {"scores": scored, "products": products}, file, indent=2)


main()
