"""Peer: PyTorch, eager, on the CPU. Speaks the protocol of lib/child.ts: a request in the first
argument, one marked line of JSON for each answer. The probe cannot run here: the driver measures it
before and after."""
import json
import math
import os
import sys
import time

REQUEST = json.loads(sys.argv[1])
CONSTANTS = REQUEST["constants"]
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(REQUEST["threads"])

import numpy  # noqa: E402  (after the variables that its libraries read)
import torch  # noqa: E402
import torch.nn.functional as functional  # noqa: E402

torch.set_num_threads(REQUEST["threads"])

GROUP_SECONDS = 2e-5
WARM_UP_BLOCK = 0.06
WARM_UP_LIMIT = 1.5


class Vae(torch.nn.Module):
    def __init__(self, workload, weights):
        super().__init__()
        self.workload = workload
        layers = torch.nn.ModuleList(torch.nn.Linear(i, o) for i, o in workload["layers"])
        with torch.no_grad():
            for n, layer in enumerate(layers):
                layer.weight.copy_(torch.from_numpy(weights[2 * n]).T)
                layer.bias.copy_(torch.from_numpy(weights[2 * n + 1]))
        hidden = len(workload["hidden"])
        self.encoder, self.mean, self.log_var = layers[:hidden], layers[hidden], layers[hidden + 1]
        self.decoder, self.out = layers[hidden + 2 : -1], layers[-1]
        self.activation = torch.tanh if workload["activation"] == "tanh" else torch.relu

    def encode(self, x):
        for layer in self.encoder:
            x = self.activation(layer(x))
        return self.mean(x), self.log_var(x)

    def decode(self, z):
        for layer in self.decoder:
            z = self.activation(layer(z))
        return self.out(z)

    def reconstruction(self, x, out):
        if self.workload["likelihood"] == "gaussian":
            return 0.5 * (x - out).square().sum(1)
        return functional.binary_cross_entropy_with_logits(out, x, reduction="none").sum(1)

    def weights(self):
        layers = [*self.encoder, self.mean, self.log_var, *self.decoder, self.out]
        arrays = ((each.weight.detach().numpy().T, each.bias.detach().numpy()) for each in layers)
        return [array.copy() for pair in arrays for array in pair]


def kl_of(mean, log_var):
    return 0.5 * (mean.square() + log_var.exp() - log_var - 1).sum(1)


def read_model(name):
    workload = CONSTANTS["workloads"][name]
    path = f"{REQUEST['folder']}/{name}"
    values = numpy.fromfile(f"{path}.weights.f32", numpy.float32)
    weights, at = [], 0
    for inputs, outputs in workload["layers"]:
        weights.append(values[at : at + inputs * outputs].reshape(inputs, outputs))
        at += inputs * outputs
        weights.append(values[at : at + outputs])
        at += outputs
    rows = numpy.fromfile(f"{path}.rows.f32", numpy.float32).reshape(-1, workload["inputs"])
    return workload, weights, rows


def score_call(model, batch):
    """One score: rows copied into a tensor, scores copied out into an array."""
    workload, weights, rows = model
    vae = Vae(workload, weights)
    some, scores = rows[:batch], numpy.empty(batch, numpy.float32)

    def call():
        with torch.inference_mode():
            x = torch.tensor(some)
            mean, log_var = vae.encode(x)
            scores[:] = (vae.reconstruction(x, vae.decode(mean)) + kl_of(mean, log_var)).numpy()

    return call, scores


def elbo_loss(vae, x):
    mean, log_var = vae.encode(x)
    z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
    return (vae.reconstruction(x, vae.decode(z)) + kl_of(mean, log_var)).mean()


def iwae_loss(vae, x):
    samples = CONSTANTS["samples"]
    mean, log_var = (each.repeat_interleave(samples, 0) for each in vae.encode(x))
    noise = torch.randn_like(mean)
    z = mean + (0.5 * log_var).exp() * noise
    # ln p(z) - ln q(z | x): the constants cancel, and (z - mean) / sigma is the noise.
    ratio = 0.5 * (noise.square() + log_var - z.square()).sum(1)
    log_weights = ratio - vae.reconstruction(x.repeat_interleave(samples, 0), vae.decode(z))
    return math.log(samples) - log_weights.view(-1, samples).logsumexp(1).mean()


def step_call(model, batch, loss_of):
    """One training step; the batch is in memory, the loss is not read back."""
    workload, weights, rows = model
    vae, x = Vae(workload, weights), torch.tensor(rows[:batch])
    adam = torch.optim.Adam(vae.parameters(), lr=1e-3)

    def call():
        adam.zero_grad(set_to_none=True)
        loss_of(vae, x).backward()
        adam.step()

    return call, vae


def product_call(case):
    m, k, n = (int(size) for size in case.split("x"))
    a, b = torch.randn(m, k), torch.randn(k, n)

    def call():
        with torch.inference_mode():
            torch.mm(a, b)

    return call


def timed(call, calls):
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return time.perf_counter() - start


def warm_up(call):
    """As lib/timing.ts does: until three blocks bring no faster call."""
    start, best, idle = time.perf_counter(), math.inf, 0
    while idle < 3 and time.perf_counter() - start < WARM_UP_LIMIT:
        block, before = time.perf_counter(), best
        best = min(best, timed(call, 1))
        while time.perf_counter() - block < WARM_UP_BLOCK:
            best = min(best, timed(call, 1))
        idle = 0 if best < 0.97 * before else idle + 1
    return best


def sample(call):
    group = max(1, math.ceil(GROUP_SECONDS / warm_up(call)))
    milliseconds, end = [], time.perf_counter() + REQUEST["seconds"]
    while not milliseconds or time.perf_counter() < end:
        milliseconds.append(round(1000 * timed(call, group) / group, 6))
    return milliseconds


def tell(answer):
    print("@bench " + json.dumps(answer), flush=True)


def blas():
    """The BLAS that is loaded: what decides how fast a product is."""
    if torch.backends.mkl.is_available():
        return "MKL"
    with open("/proc/self/maps", encoding="ascii") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line}
    return ", ".join(sorted(os.path.basename(path) for path in paths)) or "none"


def call_for(kind, model, case):
    if kind == "gemm":
        return product_call(case)
    if kind == "score":
        return score_call(model, int(case))[0]
    return step_call(model, int(case), elbo_loss if kind == "train" else iwae_loss)[0]


def measure(kind):
    model = None if kind == "gemm" else read_model(REQUEST["workload"])
    for case in REQUEST["cases"]:
        tell({"case": case, "ms": sample(call_for(kind, model, case)), "probes": []})


def cold_start():
    call, _ = score_call(read_model(REQUEST["workload"]), 1)
    ready = 1000 * time.time() - REQUEST["startedAt"]
    call()
    first = 1000 * time.time() - REQUEST["startedAt"]
    for _ in range(99):
        call()
    rest = 1000 * time.time() - REQUEST["startedAt"] - first
    tell({"cold": {"ready": ready, "firstScore": first, "next99": rest}})


def scores_of(model, batch):
    call, scores = score_call(model, batch)
    call()
    return scores.tolist()


def check():
    rows, steps, batch = (CONSTANTS["check"][key] for key in ("rows", "steps", "batch"))
    for name in CONSTANTS["workloads"]:
        model = read_model(name)
        one = scores_of(model, 1)[0]
        tell({"check": name, "one": one, "scores": scores_of(model, rows)})
        call, vae = step_call(model, batch, elbo_loss)
        for _ in range(steps):
            call()
        tell({"trained": name, "scores": scores_of((model[0], vae.weights(), model[2]), rows)})


def main():
    about = {"threads": torch.get_num_threads(), "pytorch": torch.__version__, "blas": blas()}
    kinds = ["score", "train", "iwae", "gemm", "cold"]
    tell({"about": about, "kinds": kinds, "refused": {}})
    if REQUEST["kind"] == "cold":
        cold_start()
    elif REQUEST["kind"] == "check":
        check()
    else:
        measure(REQUEST["kind"])


main()
