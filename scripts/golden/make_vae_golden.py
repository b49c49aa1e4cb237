#!/usr/bin/env python3
"""Golden values of small VAEs, computed by PyTorch in float64: tests/golden/vae/*.safetensors.

An independent route to the same numbers: densities and the KL come from torch.distributions,
derivatives from autograd, steps from torch.optim. Every input (parameters, data, noise) is exact in
float32, so that a float32 backend starts from the very same numbers.

    python3 scripts/golden/make_vae_golden.py        (Debian 12: apt install python3-torch, 1.13)

A file holds, for B rows, K draws of z and ten optimiser steps with fresh noise:
    x, noise, parameter/<name>                        F32, inputs
    mean, logVar, kl, logLikelihoods, logWeights      F64, rows as in src/objectives/elbo.ts
    loss, reconstruction, gradient/<name>             F64
    steps.noise (F32), steps.loss, stepped/<name>     after ten steps
    largest/<name>                                    F64, |gradient| over the steps, per coordinate
    denominator/<name>                                F64, smallest sqrt of Adam's corrected second
                                                      moment that is not zero; zero if there is none
Metadata as in golden_case.py.
"""
import math

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from golden_case import (
    ACTIVATIONS,
    deviation,
    elbo,
    float32,
    iwae,
    named,
    network,
    tensors_in_file,
    tensors_of,
    write_cases,
)

STEPS = 10
ROWS = 5
# ReLU has no derivative at 0: no pre-activation may come nearer, or float32 could take the other side.
SMALLEST_RELU_INPUT = 1e-5


def case(encoder, decoder, likelihood, objective, optimizer, inputs=7, latent=3):
    spec = {
        "inputs": inputs,
        "encoder": encoder,
        "decoder": decoder,
        "latent": [{"size": latent}],
        "likelihood": likelihood,
    }
    return {"spec": spec, "objective": objective, "optimizer": optimizer}


def gaussian(variance):
    return {"type": "gaussian", "variance": variance}


ADAM = {"type": "adam", "learningRate": 0.01}
ADAMW = {"type": "adamw", "learningRate": 0.01, "weightDecay": 0.1}
SGD = {"type": "sgd", "learningRate": 0.002, "momentum": 0.9}

CASES = {
    "bernoulli_tanh": case(
        network([9, 8], "tanh"), network([8, 9], "tanh"), {"type": "bernoulli"}, elbo(1, 1), ADAM
    ),
    "bernoulli_relu": case(
        network([9, 8], "relu"), network([6, 5], "sigmoid"), {"type": "bernoulli"}, elbo(3, 0.5), ADAMW
    ),
    "gaussian_fixed": case(
        network([9, 8], "tanh"), network([8, 9], "tanh"), gaussian(0.25), elbo(1, 4), SGD
    ),
    "gaussian_shared": case(
        network([9, 8], "relu"), network([8, 9], "relu"), gaussian("shared"), elbo(3, 1),
        {**ADAM, "clipNorm": 1},
    ),
    "gaussian_per_feature": case(
        network([9, 8], "tanh"), network([8, 9], "tanh"), gaussian("perFeature"), elbo(1, 0.7), ADAM
    ),
    "gaussian_mixed": case(
        network([9], "elu"), network([5, 1, 11], "softplus"), gaussian("perFeature"), elbo(2, 1),
        {**SGD, "clipNorm": 2}, inputs=13, latent=5,
    ),
    "linear": case(network([], "tanh"), network([], "tanh"), gaussian("shared"), elbo(3, 1), ADAMW),
    "iwae_bernoulli": case(
        network([9, 8], "tanh"), network([8, 9], "tanh"), {"type": "bernoulli"},
        iwae(5, "standard"), ADAM,
    ),
    "iwae_gaussian_dreg": case(
        network([9], "tanh"), network([8], "softplus"), gaussian("perFeature"), iwae(4, "dreg"), SGD
    ),
    "iwae_bernoulli_dreg": case(
        network([9, 8], "elu"), network([8, 9], "tanh"), {"type": "bernoulli"},
        iwae(8, "dreg"), ADAMW,
    ),
    "iwae_gaussian_stl": case(
        network([9], "tanh"), network([8], "tanh"), gaussian("shared"), iwae(3, "stl"), ADAM
    ),
}


def parameter_shapes(spec):
    """Names and shapes in the order in which the model declares them; weights are [in, out]."""
    shapes = {}

    def dense(name, inputs, outputs):
        shapes[f"{name}.weight"] = (inputs, outputs)
        shapes[f"{name}.bias"] = (1, outputs)
        return outputs

    def mlp(name, width, hidden):
        for i, size in enumerate(hidden):
            width = dense(f"{name}.{i}", width, size)
        return width

    columns, latent = spec["inputs"], spec["latent"][0]["size"]
    width = mlp("encoder", columns, spec["encoder"]["hidden"])
    dense("encoder.mean", width, latent)
    dense("encoder.logVar", width, latent)
    width = mlp("decoder", latent, spec["decoder"]["hidden"])
    if spec["likelihood"]["type"] == "bernoulli":
        dense("decoder.logits", width, columns)
        return shapes
    dense("decoder.mean", width, columns)
    variance = spec["likelihood"]["variance"]
    if variance == "shared":
        shapes["likelihood.logVar"] = (1, 1)
    if variance == "perFeature":
        shapes["likelihood.logVar"] = (1, columns)
    return shapes


class Vae:
    def __init__(self, spec, parameters):
        self.spec, self.p = spec, parameters
        self.smallest_relu_input = math.inf

    def dense(self, name, x):
        return x @ self.p[f"{name}.weight"] + self.p[f"{name}.bias"]

    def mlp(self, name, x):
        network = self.spec[name]
        for i in range(len(network["hidden"])):
            x = self.dense(f"{name}.{i}", x)
            if network["activation"] == "relu":
                nearest = x.abs().min().item()
                self.smallest_relu_input = min(self.smallest_relu_input, nearest)
            x = ACTIVATIONS[network["activation"]](x)
        return x

    def log_likelihood(self, x, z):
        hidden = self.mlp("decoder", z)
        likelihood = self.spec["likelihood"]
        if likelihood["type"] == "bernoulli":
            logits = self.dense("decoder.logits", hidden)
            return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        mean, variance = self.dense("decoder.mean", hidden), likelihood["variance"]
        if isinstance(variance, str):
            deviation = torch.exp(self.p["likelihood.logVar"] / 2)
        else:
            deviation = torch.full_like(mean, math.sqrt(variance))
        return Normal(mean, deviation.expand_as(mean)).log_prob(x).sum(1)

    def forward(self, x, noise, objective):
        samples, rows = objective["samples"], x.shape[0]
        hidden = self.mlp("encoder", x)
        mean, log_var = self.dense("encoder.mean", hidden), self.dense("encoder.logVar", hidden)
        q = Normal(mean, torch.exp(log_var / 2))
        prior = Normal(torch.zeros_like(mean), torch.ones_like(mean))
        kl = kl_divergence(q, prior)
        each = Normal(q.loc.repeat_interleave(samples, 0), q.scale.repeat_interleave(samples, 0))
        z = each.loc + each.scale * noise
        log_likelihood = self.log_likelihood(x.repeat_interleave(samples, 0), z)
        log_prior = Normal(0.0, 1.0).log_prob(z).sum(1)
        log_weight = log_likelihood + log_prior - each.log_prob(z).sum(1)
        reconstruction = -log_likelihood.mean()
        log_weights = log_weight.reshape(rows, samples)
        if objective["type"] == "iwae":
            loss = -(torch.logsumexp(log_weights, 1) - math.log(samples)).mean()
        else:
            loss = reconstruction + objective["beta"] * kl.sum(1).mean()
        return {
            "mean": mean,
            "logVar": log_var,
            "kl": kl,
            "logLikelihoods": log_likelihood.reshape(rows, samples),
            "logWeights": log_weights,
            "reconstruction": reconstruction.reshape(1, 1),
            "loss": loss.reshape(1, 1),
        }

    def path_surrogate(self, x, noise, objective):
        """What to differentiate for STL and DReG, as Tucker et al. (2019) implement it: q's parameters
        detached inside ln q, normalised weights held fixed, and for DReG a hook on z that multiplies
        what reaches q by the weights once more."""
        samples, rows = objective["samples"], x.shape[0]
        hidden = self.mlp("encoder", x)
        mean, log_var = self.dense("encoder.mean", hidden), self.dense("encoder.logVar", hidden)
        each = lambda value: value.repeat_interleave(samples, 0)
        z = each(mean) + each(torch.exp(log_var / 2)) * noise
        detached = Normal(each(mean).detach(), each(torch.exp(log_var / 2)).detach())
        log_likelihood = self.log_likelihood(each(x), z)
        log_weight = log_likelihood + Normal(0.0, 1.0).log_prob(z).sum(1) - detached.log_prob(z).sum(1)
        log_weights = log_weight.reshape(rows, samples)
        normalised = torch.softmax(log_weights, 1).detach()
        if objective["estimator"] == "dreg":
            z.register_hook(lambda grad: grad * normalised.reshape(-1, 1))
        return -(normalised * log_weights).sum(1).mean()

    def gradients(self, x, noise, objective):
        for parameter in self.p.values():
            parameter.grad = None
        values = self.forward(x, noise, objective)
        plain = objective.get("estimator", "standard") == "standard"
        surrogate = values["loss"] if plain else self.path_surrogate(x, noise, objective)
        surrogate.backward()
        return values, {name: parameter.grad.clone() for name, parameter in self.p.items()}


def draw_inputs(spec, samples, random):
    shapes = parameter_shapes(spec)
    scale = lambda shape: 1 / math.sqrt(shape[0]) if shape[0] > 1 else 0.3
    parameters = {
        name: float32(random.normal(size=shape) * scale(shape)) for name, shape in shapes.items()
    }
    latent = spec["latent"][0]["size"]
    if spec["likelihood"]["type"] == "bernoulli":
        x = random.random((ROWS, spec["inputs"]))
        x = float32(x if samples > 1 else np.round(x))  # grey values in one case, binary in the other
    else:
        x = float32(random.normal(size=(ROWS, spec["inputs"])))
    noise = lambda times: float32(random.normal(size=(times * ROWS * samples, latent)))
    return parameters, x, noise(1), noise(STEPS)


def make_optimizer(recipe, parameters):
    rate = recipe["learningRate"]
    if recipe["type"] == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=recipe["momentum"])
    if recipe["type"] == "adamw":
        return torch.optim.AdamW(parameters, lr=rate, weight_decay=recipe["weightDecay"])
    return torch.optim.Adam(parameters, lr=rate)


def clip(gradients, limit):
    """By the global norm; torch's clip_grad_norm_ adds 1e-6 to the norm, which ours does not."""
    norm = math.sqrt(sum((g * g).sum().item() for g in gradients))
    return min(1.0, limit / norm)


def ten_steps(vae, x, noise, objective, recipe):
    optimizer = make_optimizer(recipe, list(vae.p.values()))
    losses, sizes = [], []
    for step_noise in noise.chunk(STEPS):
        values, gradients = vae.gradients(x, step_noise, objective)
        scale = clip(gradients.values(), recipe.get("clipNorm", math.inf))
        for name, parameter in vae.p.items():
            parameter.grad = gradients[name] * scale
        optimizer.step()
        losses.append(values["loss"].item())
        sizes.append({name: g.abs() * scale for name, g in gradients.items()})
    by_name = {name: torch.stack([size[name] for size in sizes]) for name in vae.p}
    largest = {name: size.amax(0) for name, size in by_name.items()}
    denominator = {name: smallest_denominator(size) for name, size in by_name.items()}
    return torch.tensor([losses], dtype=torch.float64), denominator, largest


def smallest_denominator(gradients, decay=0.999):
    moment, smallest = torch.zeros_like(gradients[0]), torch.full_like(gradients[0], math.inf)
    for step, gradient in enumerate(gradients, 1):
        moment = decay * moment + (1 - decay) * gradient**2
        root = torch.sqrt(moment / (1 - decay**step))
        smallest = torch.where(root > 0, torch.minimum(smallest, root), smallest)
    return torch.where(torch.isinf(smallest), torch.zeros_like(smallest), smallest)


def make(name, recipe, seed):
    spec, objective, optimizer = recipe["spec"], recipe["objective"], recipe["optimizer"]
    random = np.random.default_rng(seed)
    parameters, x, noise, step_noise = draw_inputs(spec, objective["samples"], random)

    def run(dtype):
        tensor = lambda values: torch.tensor(values, dtype=dtype)
        model = Vae(spec, tensors_of(parameters, dtype))
        return model, *model.gradients(tensor(x), tensor(noise), objective)

    vae, values, gradients = run(torch.float64)
    double = lambda values: torch.tensor(values, dtype=torch.float64)
    losses, denominator, largest = ten_steps(vae, double(x), double(step_noise), objective, optimizer)
    if vae.smallest_relu_input < SMALLEST_RELU_INPUT:
        raise ValueError(f"{name}: choose another seed: {vae.smallest_relu_input}")
    _, _, single = run(torch.float32)
    inputs = {"x": x, "noise": noise, "steps.noise": step_noise}
    tensors = {
        **tensors_in_file(inputs, parameters, values, gradients),
        "steps.loss": losses.numpy(),
        **named("stepped", vae.p),
        **named("denominator", denominator),
        **named("largest", largest),
    }
    return tensors, deviation(single, gradients)


if __name__ == "__main__":
    write_cases(__file__, "vae", CASES, make, first_seed=1)
