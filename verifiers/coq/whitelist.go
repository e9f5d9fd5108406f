package coq

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// WhitelistVersion names the rules for texts of proofs. It changes with them.
const WhitelistVersion = "whitelist/1"

// maxProof bounds the text of a proof, in bytes.
const maxProof = 200_000

// Cheat is why the whitelist refuses a text.
type Cheat struct {
	Line   int // from 1; 0 when it is about the whole text
	Token  string
	Reason string
}

func (c *Cheat) Error() string {
	if c.Line == 0 {
		return "the proof " + c.Reason
	}
	return fmt.Sprintf("line %d: %q %s", c.Line, c.Token, c.Reason)
}

// Whitelist refuses every text that is not plainly a list of lemmas with their
// proofs: what it lets through holds no command but those of heads, no word of
// denied, and no way to spell one that this function does not see. It looks at
// text only and knows nothing of truth.
func Whitelist(proof []byte) error {
	if c := whitelist(proof); c != nil {
		return c
	}
	return nil
}

func whitelist(proof []byte) *Cheat {
	if len(proof) > maxProof {
		return &Cheat{Reason: fmt.Sprintf("has %d bytes, more than %d", len(proof), maxProof)}
	}
	if c := plain(proof); c != nil {
		return c
	}
	text, c := stripComments(proof)
	if c != nil {
		return c
	}
	for _, d := range deniedSigns {
		if at := strings.Index(text, d.sign); at >= 0 {
			return &Cheat{lineOf(text, at), d.sign, d.reason}
		}
	}
	sentences, c := split(text)
	if c != nil {
		return c
	}
	return grammar(sentences)
}

// plain refuses bytes that are not printable ASCII, and strings before comments
// are looked for: Coq reads strings inside comments.
func plain(proof []byte) *Cheat {
	for i, b := range proof {
		switch {
		case b == '\n' || b == '\t':
		case b < ' ' || b > '~':
			return &Cheat{lineOf(string(proof), i), fmt.Sprintf("\\x%02x", b), "is not plain ASCII"}
		case b == '"':
			return &Cheat{lineOf(string(proof), i), `"`, deniedSigns[0].reason}
		}
	}
	return nil
}

func lineOf(text string, at int) int { return 1 + strings.Count(text[:at], "\n") }

// stripComments replaces comments, which nest, by blanks. Places stay.
func stripComments(proof []byte) (string, *Cheat) {
	out := []byte(string(proof))
	depth, opened := 0, 0
	for i := 0; i < len(out); i++ {
		two := ""
		if i+1 < len(out) {
			two = string(proof[i : i+2])
		}
		switch {
		case two == "(*" && depth == 0 && i > 0 && !blank(proof[i-1]):
			// Coq may read the bracket as the end of a longer sign, such as ".(".
			return "", &Cheat{lineOf(string(proof), i), two, "begins a comment without a blank before it"}
		case two == "(*":
			if depth == 0 {
				opened = i
			}
			depth++
		case two == "*)" && depth == 0:
			return "", &Cheat{lineOf(string(proof), i), two, "ends a comment that was not begun"}
		case two == "*)":
			depth--
		default:
			if depth > 0 && out[i] != '\n' {
				out[i] = ' '
			}
			continue
		}
		out[i], out[i+1] = ' ', ' '
		i++
	}
	if depth > 0 {
		return "", &Cheat{lineOf(string(proof), opened), "(*", "begins a comment that does not end"}
	}
	return string(out), nil
}

// sentence is what ends with a full stop.
type sentence struct {
	line  int
	at    int // offset of its first sign
	text  string
	words []string
}

// split cuts a text into sentences: a full stop before a blank ends one, as it
// does for Coq.
func split(text string) ([]sentence, *Cheat) {
	var out []sentence
	start := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '.' || i+1 < len(text) && !blank(text[i+1]) {
			continue
		}
		out = append(out, cut(text, start, i+1))
		start = i + 1
	}
	if rest := strings.TrimSpace(text[start:]); rest != "" {
		return nil, &Cheat{lineOf(text, start+strings.Index(text[start:], rest)), clip(rest, 40), "is not a sentence: it has no end"}
	}
	return out, nil
}

func blank(b byte) bool { return b == ' ' || b == '\n' || b == '\t' }

func cut(text string, from, to int) sentence {
	for blank(text[from]) {
		from++
	}
	t := text[from:to]
	return sentence{line: lineOf(text, from), at: from, text: t, words: identifiers(t)}
}

// identifiers are the words of a sentence, qualified names taken apart.
func identifiers(t string) []string {
	return strings.FieldsFunc(t, func(r rune) bool { return !letter(r) && (r < '0' || r > '9') && r != '\'' })
}

func letter(r rune) bool { return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// grammar walks the sentences: imports, then definitions and lemmas, each lemma
// with tactics up to Qed. A tactic begins in lower case, a command never does.
func grammar(sentences []sentence) *Cheat {
	importing, proving, main := true, false, 0
	for _, s := range sentences {
		plain := strings.Join(strings.Fields(s.text), " ")
		if importing && imports[plain] {
			continue
		}
		importing = false
		if c := s.holdsDenied(); c != nil {
			return c
		}
		if c := s.begins(proving); c != nil {
			return c
		}
		switch s.head() {
		case "Theorem", "Lemma":
			proving = true
		case "Qed":
			proving = false
		}
		if plain == "Theorem main : contract." {
			main++
		}
	}
	if proving {
		return &Cheat{Reason: "does not end with Qed"}
	}
	if main != 1 {
		return &Cheat{Reason: fmt.Sprintf("has the sentence \"Theorem main : contract.\" %d times, not once", main)}
	}
	return nil
}

func (s sentence) holdsDenied() *Cheat {
	for _, w := range s.words {
		if reason, ok := denied[w]; ok {
			return s.refuse(w, reason)
		}
		if strings.HasSuffix(w, "_no_check") {
			return s.refuse(w, denied["exact_no_check"])
		}
	}
	if at := strings.IndexByte(s.text, '@'); at >= 0 && strings.HasPrefix(strings.TrimLeft(s.text[at+1:], " \t\n"), "{") {
		return s.refuse("@{", denied["Universe"])
	}
	return nil
}

// refuse points at a word of the sentence.
func (s sentence) refuse(word, reason string) *Cheat {
	line := s.line
	if at := strings.Index(s.text, word); at > 0 {
		line += strings.Count(s.text[:at], "\n")
	}
	return &Cheat{line, word, reason}
}

// head is the first word behind bullets, braces and the choice of goals.
func (s sentence) head() string {
	w := identifiers(s.body())
	if len(w) == 0 {
		return ""
	}
	return w[0]
}

func (s sentence) body() string {
	t := strings.TrimLeft(s.text, "-+*{} \t\n")
	return strings.TrimLeft(t[len(goals.FindString(t)):], " \t\n")
}

// goals is a choice of goals before a tactic.
var goals = regexp.MustCompile(`^(all|[0-9][-0-9, ]*)[ ]*:`)

// begins refuses a sentence that begins otherwise than it may where it stands.
func (s sentence) begins(proving bool) *Cheat {
	head, body := s.head(), s.body()
	switch {
	case proving && (head == "Proof" || head == "Qed"):
		if body != head+"." {
			return s.refuse(head, "stands alone in its sentence")
		}
	case proving:
		if head == "" || !letter(rune(body[0])) && !strings.ContainsRune("([", rune(body[0])) {
			return s.refuse(clip(s.text, 20), "is not a tactic")
		}
		if head[0] >= 'A' && head[0] <= 'Z' {
			return s.refuse(head, "is a command inside a proof")
		}
	case body != s.text || !heads[head] || !strings.HasPrefix(body, head) || head == "Proof" || head == "Qed":
		return s.refuse(clip(head, 40), "is not among the commands that a proof may hold")
	case head == "Definition" && !strings.Contains(body, ":="):
		return s.refuse(head, "needs its term behind :=")
	case head != "Ltac" && slices.Contains(s.words[1:min(2, len(s.words))], "contract"):
		return s.refuse("contract", "is the name of what is to be proven")
	case (head == "Theorem" || head == "Lemma") && slices.Contains(s.words, "with"):
		return s.refuse("with", "makes theorems that refer to each other, which is a raw recursive function")
	}
	return nil
}
