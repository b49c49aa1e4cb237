#!/usr/bin/env python3
"""Golden values of the likelihoods: tests/golden/likelihoods/{densities,gamma}.jsonl.

Two independent routes to the same numbers. Densities, means and derivatives come from
torch.distributions and autograd in float64, by PyTorch's own formulas, in the natural parameters of
its classes; ratios of gamma functions from mpmath with 40 digits. Every input is exact in float32, so
that a float32 backend starts from the very same numbers.

    python3 scripts/golden/make_likelihood_golden.py   (Debian 12: apt install python3-torch python3-mpmath)

densities.jsonl holds a case a line: a likelihood over D columns on a decoder that gives the same
outputs for every row, its parameters by the names of the model file (biases of the heads, and the
likelihood's own), rows x [R, D], logProb [R, D], mean [D], and the derivative of the sum of logProb
by each parameter. gamma.jsonl holds lines of [a, d, f, df/da], f = ln G(a + d) - ln G(a) - d ln a.
"""
import json
import pathlib

import mpmath
import numpy as np
import torch
from torch import distributions as D

ROWS = 12


def float32(values):
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def case(name, spec, parameters, x, distribution, mean=None):
    """`distribution` takes the parameters as tensors and gives what has log_prob and mean."""
    tensors = {
        key: torch.tensor(float32(value), dtype=torch.float64, requires_grad=True)
        for key, value in parameters.items()
    }
    x = torch.tensor(float32(x), dtype=torch.float64)
    built = distribution(tensors)
    log_prob = built.log_prob(x)
    log_prob.sum().backward()
    return {
        "name": name,
        "likelihood": spec,
        "columns": x.shape[1],
        "parameters": {key: value.tolist() for key, value in tensors.items()},
        "x": x.tolist(),
        "logProb": log_prob.tolist(),
        "mean": (built.mean if mean is None else mean(tensors)).expand(x.shape[1]).tolist(),
        "gradients": {key: value.grad.tolist() for key, value in tensors.items()},
    }


class PerColumn:
    """A one-hot categorical of several groups, its log-probability in the column that is 1."""

    def __init__(self, logits, classes):
        groups = logits.reshape(-1, classes)
        self.one_hot = D.OneHotCategorical(logits=groups)
        self.log_p = torch.log_softmax(groups, 1).reshape(-1)
        self.mean = self.one_hot.probs.reshape(-1)
        self.classes = classes

    def log_prob(self, x):
        per_column = x * self.log_p
        groups = x.reshape(len(x), -1, self.classes)
        whole = self.one_hot.log_prob(groups).sum(1)
        assert torch.allclose(per_column.sum(1), whole, atol=1e-12)
        return per_column


def one_hot(random, groups, classes):
    chosen = random.integers(classes, size=(ROWS, groups))
    return np.eye(classes)[chosen].reshape(ROWS, groups * classes)


LOGITS = [-100, -20, -8, -2.5, -0.3, -1e-3, 0, 1e-3, 0.02, 0.7, 3, 9, 25, 100]
CENTRES = [-50, -3, -0.5, 0, 0.25, 2, 40]


def binary_cases(random):
    logits = {"decoder.logits.bias": LOGITS}
    grey = random.random((ROWS, len(LOGITS)))
    grey[0], grey[1] = 0, 1
    bernoulli = lambda p: D.Bernoulli(logits=p["decoder.logits.bias"], validate_args=False)
    continuous = lambda p: D.ContinuousBernoulli(logits=p["decoder.logits.bias"])
    # torch's classes clamp probabilities: beyond |logit| = 15 its continuous Bernoulli is another one.
    inner = [logit for logit in LOGITS if abs(logit) < 10]
    return [
        case("bernoulli", {"type": "bernoulli"}, logits, np.round(grey), bernoulli),
        case("grey bernoulli", {"type": "bernoulli"}, logits, grey, bernoulli),
        case(
            "continuousBernoulli", {"type": "continuousBernoulli"},
            {"decoder.logits.bias": inner}, grey[:, : len(inner)], continuous,
        ),
    ]


def real_cases(random):
    n = len(CENTRES)
    near = np.asarray(CENTRES) + 2 * random.normal(size=(ROWS, n))
    near[0], near[1] = CENTRES, np.asarray(CENTRES) + 30
    mean, scale = {"decoder.mean.bias": CENTRES}, random.uniform(-2, 1.5, n)
    log_var = {"likelihood.logVar": 2 * scale}
    log_scale = {"likelihood.logScale": scale}
    degrees = {"likelihood.logDegrees": np.log([0.2, 0.9, 2, 5, 15, 40, 1000])}
    gaussian = lambda p, l: D.Normal(p["decoder.mean.bias"], torch.exp(l / 2))
    deviation = lambda p: torch.exp(p["likelihood.logScale"])
    student = lambda p, df: D.StudentT(df, p["decoder.mean.bias"], deviation(p))
    centre = lambda p: p["decoder.mean.bias"].detach()
    per_row = {**mean, "decoder.logVar.bias": 2 * scale}
    positive = np.exp(near / 10)

    def contaminated(p, share, breadth):
        """Of each column two Gaussians, the second around 0."""
        mean = p["decoder.mean.bias"]
        deviation = torch.exp(p["likelihood.logVar"] / 2).expand(n)
        shares = share.expand(n)
        parts = D.Normal(
            torch.stack([mean, torch.zeros(n, dtype=torch.float64)], 1),
            torch.stack([deviation, torch.full([n], breadth, dtype=torch.float64)], 1),
        )
        which = D.Categorical(probs=torch.stack([1 - shares, shares], 1))
        return D.MixtureSameFamily(which, parts)

    return [
        case(
            "gaussian", {"type": "gaussian"}, {**mean, **log_var}, near,
            lambda p: gaussian(p, p["likelihood.logVar"]),
        ),
        case(
            "gaussian perRow", {"type": "gaussian", "variance": "perRow"}, per_row, near,
            lambda p: gaussian(p, p["decoder.logVar.bias"]),
        ),
        case(
            "laplace", {"type": "laplace"}, {**mean, **log_scale}, near,
            lambda p: D.Laplace(p["decoder.mean.bias"], deviation(p)),
        ),
        case(
            "laplace shared", {"type": "laplace", "scale": "shared"},
            {**mean, "likelihood.logScale": [0.7]}, near,
            lambda p: D.Laplace(p["decoder.mean.bias"], deviation(p)),
        ),
        case(
            "studentT", {"type": "studentT"}, {**mean, **log_scale, **degrees}, near,
            lambda p: student(p, torch.exp(p["likelihood.logDegrees"])), centre,
        ),
        case(
            "studentT fixed", {"type": "studentT", "degreesOfFreedom": 3}, {**mean, **log_scale}, near,
            lambda p: student(p, torch.tensor(3.0, dtype=torch.float64)), centre,
        ),
        case(
            "logNormal", {"type": "logNormal"},
            {"decoder.mean.bias": np.asarray(CENTRES) / 10, **log_var}, positive,
            lambda p: D.LogNormal(p["decoder.mean.bias"], torch.exp(p["likelihood.logVar"] / 2)),
        ),
        case(
            "contaminatedGaussian", {"type": "contaminatedGaussian"}, {**mean, **log_var}, near,
            lambda p: contaminated(p, torch.tensor(0.05, dtype=torch.float64), 10.0), centre,
        ),
        case(
            "contaminatedGaussian learned",
            {"type": "contaminatedGaussian", "share": "perFeature", "breadth": 25},
            {**mean, **log_var, "likelihood.logShare": np.log([0.4, 0.2, 0.1, 0.05, 1e-2, 1e-4, 0.3])},
            near, lambda p: contaminated(p, torch.exp(p["likelihood.logShare"]), 25.0), centre,
        ),
    ]


def count_cases(random):
    log_mean = [-5, -1, 0, 0.5, 2, 3.5, 6]
    counts = random.poisson(np.exp(log_mean), size=(ROWS, len(log_mean)))
    counts[0], counts[1] = 0, 10 * np.exp(log_mean)
    log_r = {"likelihood.logDispersion": np.log([0.02, 0.5, 3, 7.5, 9, 60, 1000])}

    def negative_binomial(p):
        log_dispersion = p["likelihood.logDispersion"]
        logits = p["decoder.logMean.bias"] - log_dispersion
        return D.NegativeBinomial(torch.exp(log_dispersion), logits=logits)

    return [
        case(
            "poisson", {"type": "poisson"}, {"decoder.logRate.bias": log_mean}, counts,
            lambda p: D.Poisson(torch.exp(p["decoder.logRate.bias"])),
        ),
        case(
            "negativeBinomial", {"type": "negativeBinomial"},
            {"decoder.logMean.bias": log_mean, **log_r}, counts, negative_binomial,
        ),
        case(
            "negativeBinomial shared", {"type": "negativeBinomial", "dispersion": "shared"},
            {"decoder.logMean.bias": log_mean, "likelihood.logDispersion": [0.4]}, counts,
            negative_binomial,
        ),
    ]


def class_cases(random):
    logits = 3 * random.normal(size=15)
    logits[4], logits[9] = 60, -60
    bias = {"decoder.logits.bias": logits}
    return [
        case(
            f"categorical {classes}", {"type": "categorical", "classes": classes}, bias,
            one_hot(random, 15 // classes, classes),
            lambda p, classes=classes: PerColumn(p["decoder.logits.bias"], classes),
        )
        for classes in (3, 5, 15)
    ]


def gamma_table():
    mpmath.mp.dps = 40
    bases = [1e-13, 1e-5, 0.05, 0.5, 1, 2.5, 7.9, 8, 12, 33.3, 1000, 12345.6, 1e6, 4.8e8]
    steps = [0, 0.5, 1, 2, 7, 8, 25, 1000, 65536, 16777216]
    rows = []
    for base in float32(bases):
        for step in float32(steps):
            a, d = mpmath.mpf(base), mpmath.mpf(step)
            ratio = mpmath.loggamma(a + d) - mpmath.loggamma(a) - d * mpmath.log(a)
            slope = mpmath.digamma(a + d) - mpmath.digamma(a) - d / a
            rows.append([float(base), float(step), float(ratio), float(slope)])
    return rows


def write(path, value):
    path.write_text("".join(json.dumps(each) + "\n" for each in value))


def main():
    torch.set_num_threads(1)
    random = np.random.default_rng(11)
    folder = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "likelihoods"
    folder.mkdir(parents=True, exist_ok=True)
    cases = [
        *binary_cases(random), *real_cases(random), *count_cases(random), *class_cases(random)
    ]
    write(folder / "densities.jsonl", cases)
    write(folder / "gamma.jsonl", gamma_table())


if __name__ == "__main__":
    main()
