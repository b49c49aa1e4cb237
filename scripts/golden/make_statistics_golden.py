"""Reference numbers of SciPy for the statistics behind decisions: tests/golden/statistics.jsonl.

    python3 scripts/golden/make_statistics_golden.py

Needs scipy. Draws come from a fixed seed and are kept in the file, so that the tests see the same ones.
"""

import json
import pathlib

import numpy
from scipy import special, stats

random = numpy.random.default_rng(7)
golden = {}

golden["incompleteBeta"] = [
    [x, a, b, float(special.betainc(a, b, x))]
    for a, b in [(1, 1), (2, 5), (0.5, 0.5), (30, 4), (100, 900), (5, 99_995), (1, 10_000)]
    for x in [1e-6, 0.001, 0.05, 0.3, 0.5, 0.9, 0.999]
]
golden["binomialTail"] = [
    [n, p, k, float(stats.binom.sf(k - 1, n, p))]
    for n, p in [(10, 0.3), (199, 0.01), (1000, 0.05), (10_000, 0.0101)]
    for k in sorted({0, 1, int(n * p), int(n * p) + 5, n})
]
golden["betaQuantile"] = [
    [p, a, b, float(stats.beta.ppf(p, a, b))]
    for a, b in [(5, 95), (1, 199), (50, 950)]
    for p in [0.005, 0.5, 0.995]
]

golden["pareto"] = []
for shape in [-0.3, 0.0, 0.2, 0.4]:
    excesses = stats.genpareto.rvs(shape, scale=2.5, size=400, random_state=random)
    fit_shape, _, fit_scale = stats.genpareto.fit(excesses, floc=0)
    golden["pareto"].append(
        {
            "excesses": excesses.tolist(),
            "shape": float(fit_shape),
            "scale": float(fit_scale),
            "logLikelihood": float(stats.genpareto.logpdf(excesses, fit_shape, 0, fit_scale).sum()),
            "survivalAt": [[y, float(stats.genpareto.sf(y, fit_shape, 0, fit_scale))] for y in [0.0, 1.0, 5.0, 9.0]],
        }
    )

golden["falseDiscovery"] = []
for share in [0.0, 0.1, 0.5]:
    p = random.uniform(size=200)
    p[: int(share * 200)] **= 6
    adjusted = stats.false_discovery_control(p, method="bh")
    golden["falseDiscovery"].append(
        {"pValues": p.tolist(), "rejected": [[q, int((adjusted <= q).sum())] for q in [0.01, 0.05, 0.1, 0.3]]}
    )

golden["kolmogorov"] = [[x, float(stats.kstwobign.sf(x))] for x in [0.2, 0.5, 0.8, 1.0, 1.36, 1.63, 2.5, 4.0]]

golden["shares"] = [
    [
        a,
        n,
        b,
        m,
        min(
            1.0,
            2
            * float(
                min(
                    stats.hypergeom.cdf(b, n + m, a + b, m),
                    stats.hypergeom.sf(b - 1, n + m, a + b, m),
                )
            ),
        ),
    ]
    for a, n, b, m in [(0, 300, 0, 100), (3, 300, 9, 100), (30, 1000, 10, 200), (900, 1000, 150, 200), (0, 500, 5, 50)]
]

golden["kolmogorovSamples"] = []
for n, m, shift in [(50, 30, 0.0), (200, 100, 0.3), (80, 80, 1.0)]:
    a, b = numpy.round(random.normal(size=n), 1), numpy.round(random.normal(size=m) + shift, 1)
    golden["kolmogorovSamples"].append(
        {
            "a": a.tolist(),
            "b": b.tolist(),
            "distance": float(stats.ks_2samp(a, b).statistic),
            "exact": float(stats.ks_2samp(a, b, method="exact").pvalue),
        }
    )

golden["spearman"] = []
for ties in [False, True]:
    a, b = random.normal(size=60), random.normal(size=60)
    b += a
    if ties:
        a, b = numpy.round(a), numpy.round(b)
    golden["spearman"].append(
        {"a": a.tolist(), "b": b.tolist(), "rho": float(stats.spearmanr(a, b).statistic)}
    )

path = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "statistics.jsonl"
path.write_text(json.dumps(golden) + "\n")
