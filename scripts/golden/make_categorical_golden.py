#!/usr/bin/env python3
"""Golden values of small categorical VAEs, computed by PyTorch in float64:
tests/golden/categorical/*.safetensors.

An independent route: densities and the KL come from torch.distributions, the Gumbel-softmax draw from
the formula of Jang et al. (2017) with autograd, straight-through from one_hot(argmax) and detach, and
score-function gradients from the textbook sums over draws, one draw at a time.

    python3 scripts/golden/make_categorical_golden.py        (Debian 12: apt install python3-torch, 1.13)

A file holds, for B rows and K draws: x, noise.uniform, parameter/<name> (F32, inputs), and z, mean, kl,
loss, gradient/<name> (F64). Metadata as in golden_case.py; `MARGIN` is how far the largest
perturbed logit is above the next, at least: float32 must not choose another.
"""
import math

import numpy as np
import torch
from torch.distributions import Categorical, kl_divergence
from torch.nn import functional as F

from golden_case import (
    ACTIVATIONS,
    deviation,
    float32,
    network,
    tensors_in_file,
    tensors_of,
    write_cases,
)

ROWS, INPUTS = 4, 6
MARGIN = 1e-3


def case(relaxation, objective, temperature=None, variables=3, classes=4):
    latent = {
        "type": "categorical", "variables": variables, "classes": classes, "relaxation": relaxation,
    }
    if temperature is not None:
        latent["temperature"] = temperature
    spec = {
        "inputs": INPUTS,
        "encoder": network([7], "tanh"),
        "decoder": network([8], "softplus"),
        "latent": [latent],
        "likelihood": {"type": "bernoulli"},
    }
    return {"spec": spec, "objective": objective}


def reinforce(bound, baseline, samples, **more):
    return {
        "type": "reinforce", "bound": bound, "baseline": baseline, "samples": samples, **more,
    }


CASES = {
    "gumbel_softmax": case("gumbelSoftmax", {"type": "elbo", "samples": 2, "beta": 0.5}, 0.7),
    "gumbel_softmax_annealed": case(
        "gumbelSoftmax", {"type": "elbo", "samples": 1}, {"start": 2, "end": 0.4, "epochs": 3}, 2, 3
    ),
    "binary_concrete": case("gumbelSoftmax", {"type": "elbo", "samples": 3}, 0.5, 5, 2),
    "straight_through": case("straightThrough", {"type": "elbo", "samples": 2}, 0.8),
    "gumbel_iwae": case("gumbelSoftmax", {"type": "iwae", "samples": 4}, 1),
    "reinforce": case("none", reinforce("elbo", "none", 3, beta=0.5)),
    "rloo": case("none", reinforce("elbo", "leaveOneOut", 4)),
    "vimco": case("none", reinforce("iwae", "leaveOneOut", 4)),
}


def parameter_shapes(spec):
    latent = spec["latent"][0]
    size = latent["variables"] * latent["classes"]
    (h,), (k,) = spec["encoder"]["hidden"], spec["decoder"]["hidden"]
    widths = {
        "encoder.0": (INPUTS, h), "encoder.logits": (h, size),
        "decoder.0": (size, k), "decoder.logits": (k, INPUTS),
    }
    return {
        f"{name}.{part}": shape
        for name, (rows, cols) in widths.items()
        for part, shape in (("weight", (rows, cols)), ("bias", (1, cols)))
    }


class Model:
    def __init__(self, spec, parameters):
        self.spec, self.p, self.margin = spec, parameters, math.inf

    def dense(self, name, x):
        return x @ self.p[f"{name}.weight"] + self.p[f"{name}.bias"]

    def hidden(self, name, x):
        return ACTIVATIONS[self.spec[name]["activation"]](self.dense(f"{name}.0", x))

    def draw(self, logits, uniform):
        """z [r, V, C] for logits of that shape."""
        latent = self.spec["latent"][0]
        perturbed = logits - torch.log(-torch.log(uniform))
        top = perturbed.topk(2, dim=-1).values
        self.margin = min(self.margin, (top[..., 0] - top[..., 1]).min().item())
        hard = F.one_hot(perturbed.argmax(-1), latent["classes"]).to(logits.dtype)
        if latent["relaxation"] == "none":
            return hard
        temperature = latent["temperature"]
        temperature = temperature["end"] if isinstance(temperature, dict) else temperature
        soft = torch.softmax(perturbed / temperature, -1)
        return soft if latent["relaxation"] == "gumbelSoftmax" else (hard - soft).detach() + soft

    def forward(self, x, uniform, samples):
        latent = self.spec["latent"][0]
        shape = (-1, latent["variables"], latent["classes"])
        each = lambda value: value.repeat_interleave(samples, 0)
        logits = self.dense("encoder.logits", self.hidden("encoder", x)).reshape(shape)
        q = Categorical(logits=logits)
        prior = Categorical(logits=torch.zeros_like(logits))
        z = self.draw(each(logits), uniform.reshape(shape))
        output = self.dense("decoder.logits", self.hidden("decoder", z.flatten(1)))
        log_likelihood = -F.binary_cross_entropy_with_logits(output, each(x), reduction="none").sum(1)
        log_q = (z * each(q.logits)).sum((1, 2))
        log_p = (z * each(prior.logits)).sum((1, 2))
        per_row = lambda value: value.reshape(-1, samples)
        return {
            "z": z.flatten(1),
            "mean": q.probs.flatten(1),
            "kl": kl_divergence(q, prior),
            "log_likelihood": per_row(log_likelihood),
            "log_q": per_row(log_q),
            "log_w": per_row(log_likelihood + log_p - log_q),
        }

    def surrogate(self, values, objective):
        """The loss, and what to differentiate."""
        beta, kind = objective.get("beta", 1), objective["type"]
        iwae = kind == "iwae" or objective.get("bound") == "iwae"
        log_w, samples = values["log_w"], values["log_w"].shape[1]
        bound = torch.logsumexp(log_w, 1) - math.log(samples)
        elbo = values["log_likelihood"].mean(1) - beta * values["kl"].sum(1)
        value = bound if iwae else elbo
        if kind != "reinforce":
            return -value.mean(), -value.mean()
        terms = []
        for k in range(samples):
            others = [j for j in range(samples) if j != k]
            reward = bound if iwae else values["log_likelihood"][:, k]
            baseline = 0
            if objective["baseline"] == "leaveOneOut":
                if iwae:
                    without = log_w.clone()
                    without[:, k] = log_w[:, others].mean(1)
                    baseline = torch.logsumexp(without, 1) - math.log(samples)
                else:
                    baseline = values["log_likelihood"][:, others].mean(1)
            weight = 1 if iwae else 1 / samples
            terms.append(weight * (reward - baseline).detach() * values["log_q"][:, k])
        return -value.mean(), -(value + sum(terms)).mean()

    def gradients(self, x, uniform, objective):
        for parameter in self.p.values():
            parameter.grad = None
        values = self.forward(x, uniform, objective["samples"])
        loss, surrogate = self.surrogate(values, objective)
        surrogate.backward()
        values["loss"] = loss.reshape(1, 1)
        return values, {name: parameter.grad.clone() for name, parameter in self.p.items()}


def make(name, recipe, seed):
    spec, objective = recipe["spec"], recipe["objective"]
    random = np.random.default_rng(seed)
    shapes = parameter_shapes(spec)
    # Larger weights than a fresh model's, so that classes differ in probability.
    scale = lambda shape: 2 / math.sqrt(shape[0]) if shape[0] > 1 else 0.5
    parameters = {key: float32(random.normal(size=shape) * scale(shape)) for key, shape in shapes.items()}
    x = np.round(random.random((ROWS, INPUTS)))
    size = spec["latent"][0]["variables"] * spec["latent"][0]["classes"]
    # As the library draws them: multiples of 2^-24 in [0, 1).
    uniform = random.integers(1, 2**24, (ROWS * objective["samples"], size)) / 2**24

    def run(dtype):
        tensor = lambda values: torch.tensor(values, dtype=dtype)
        model = Model(spec, tensors_of(parameters, dtype))
        values, gradients = model.gradients(tensor(x), tensor(uniform), objective)
        return model, values, gradients

    model, values, gradients = run(torch.float64)
    if model.margin < MARGIN:
        raise ValueError(f"{name}: choose another seed: {model.margin}")
    _, _, single = run(torch.float32)
    inputs = {"x": x, "noise.uniform": uniform}
    results = {key: values[key] for key in ("z", "mean", "kl", "loss")}
    return tensors_in_file(inputs, parameters, results, gradients), deviation(single, gradients)


if __name__ == "__main__":
    write_cases(__file__, "categorical", CASES, make, first_seed=100)
