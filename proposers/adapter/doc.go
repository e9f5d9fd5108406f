// Package adapter checks and averages low-rank adapters (LoRA, Hu et al. 2021) of
// language models that sites trained by themselves, and judges whether the model
// that comes of it may be asked at all.
//
// An adapter is a safetensors file with a pair of matrices for each place of the
// model, NAME.lora_A.weight and NAME.lora_B.weight. A session freezes A: every
// site starts from one base and trains B alone, so that the mean of the products
// is the product of the mean (Sun et al., "Improving LoRA in Privacy-preserving
// Federated Learning", 2024). What a site sends is the difference of its B from
// the base, clipped to a norm, in fixed point, in two shares: a seed to one
// server and the masked rest to the other. Neither learns anything of one site;
// the sum of both gives the sum over all.
//
// It keeps true: a file that is not exactly a whole adapter of the base (names,
// shapes, A, finite numbers) is refused; one site moves the mean by no more than
// its clip over the number of sites if it is honest about the clip, and a mean
// beyond the clip is refused; equal shares give equal bytes.
//
// What it does not do: it trains nothing and loads no model; it does not prove
// that a masked share is within the clip, as Prio3 would for a short vector: one
// server alone cannot see it, and only the norm of the mean is checked. It has
// been exercised with files made by tests and not with a real model.
package adapter
