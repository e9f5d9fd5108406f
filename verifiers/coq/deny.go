package coq

import "strings"

// A word that no proof may hold, in the sense of Coq's lexer, and why. Most of
// them could not begin a sentence anyway (see heads); they are refused wherever
// they stand because a term or a tactic can quote a command's powers as well.
var denied = words(map[string]string{
	"assumes what it should prove": `Axiom Axioms Parameter Parameters Conjecture Conjectures Hypothesis Hypotheses
		Variable Variables Context Admitted admit give_up Admit Obligation Obligations Assumption Assumptions`,
	"leaves a proof unfinished or open to change": `Defined Abort Save Restart Undo Reset Back Goal Unfocused Existential Grab Unshelve Optimize`,
	"is a raw recursive function: the guard checker of Coq 8.16 accepts some that prove False (rocq #20455, #20413, #21839)": `Fixpoint CoFixpoint
		fix cofix Function Functional functional Equations Program Fix Fix_F Acc_rect Acc_rec`,
	"declares a type or a scheme of its own": `Inductive CoInductive Record Structure Class Instance Variant Scheme Combined Derive Existing
		Canonical Coercion SubClass Identity Primitive Register`,
	"plays with universes (rocq #22389 and others)": `Set Type SProp Polymorphic Monomorphic Universe Universes Constraint Cumulative NonCumulative StrictProp`,
	"plays with modules, sections or libraries":     `Module Section End Include Export Require Declare Functor Chapter`,
	"changes an option":                             `Unset Test Add Remove Enable Disable Attributes Transparent Opaque Strategy with_strategy Typeclasses`,
	"reads or writes outside the proof": `Redirect Extraction Extract Recursive Separate Load Cd Pwd Print Check Search SearchPattern SearchRewrite Locate About
		Show Inspect Eval Compute Time Timeout Fail Succeed Drop Quit Write Restore Profile Infoh ML Debug Info external`,
	"changes what text means": `Notation Infix Reserved Tactic Grammar Close Delimit Undelimit Bind Arguments Implicit Generalizable Number Numeral String
		Custom Entry Hint Resolve Immediate Constructors Rewrite Create`,
	"is an attribute": `Local Global Private Sealed bypass_check`,
	"skips the kernel's check when the step is made":       `exact_no_check eexact_no_check change_no_check convert_no_check convert_concl_no_check cast_no_check vm_cast_no_check native_cast_no_check`,
	"computes where coqchk cannot follow":                  `vm_compute native_compute`,
	"is another language with access to unsafe primitives": `Ltac2 Ltac1 ltac2 ltac1 Unsafe Python Elpi`,
	"is a primitive type, which stands on axioms":          `Uint63 Int63 PrimInt63 PrimFloat PrimArray PArray Sint63 Floats`,
	"stands on axioms": `ProofIrrelevance Eqdep JMeq JMeq_eq functional_extensionality classic ClassicalFacts Reals Rdefinitions Decidable_dec`,
	"makes constants of its own or calls another program":  `abstract transparent_abstract psatz sos csdp`,
	"makes the outcome depend on the speed of the machine": `timeout time optimize_heap`,
})

// words turns reasons with lists of words into words with reasons.
func words(groups map[string]string) map[string]string {
	out := map[string]string{}
	for reason, list := range groups {
		for _, w := range strings.Fields(list) {
			out[w] = reason
		}
	}
	return out
}

// deniedSigns are refused wherever they stand.
var deniedSigns = []struct{ sign, reason string }{
	{`"`, "is a string; strings name files and hide comments"},
	{"#", "is an attribute, which can switch checks off"},
	{"`", "makes names of its own"},
	{"..", "is part of a notation, or hides the end of a sentence"},
	{"$", "is no sign of a proof"},
	{"\\\\", "is no sign of a proof"},
}

// heads are the commands that a proof is made of, besides its imports.
var heads = map[string]bool{"Theorem": true, "Lemma": true, "Proof": true, "Qed": true, "Definition": true, "Ltac": true}

// imports are the sentences with which a proof may begin, exactly. The closure
// of these libraries has no axioms.
var imports = map[string]bool{
	"From K Require Import GoSem Contract Model Spec GoSolve.": true,
	"From Coq Require Import ZArith List Bool Lia.":            true,
	"From Coq Require Import ZArith Lia.":                      true,
	"From Coq Require Import BinInt List Bool.":                true,
	"Import ListNotations.":                                    true,
	"Open Scope Z_scope.":                                      true,
}
