package agent

import (
	"go/scanner"
	"go/token"
	"slices"
)

// sameCode says whether two sources differ in comments, layout and the text of
// Inv only. Both are within the limits of the language.
func sameCode(a, b []byte) bool { return slices.Equal(code(a), code(b)) }

// code is the tokens of a source without its function Inv.
func code(src []byte) []string {
	all := tokens(src)
	out := make([]string, 0, len(all))
	for i := 0; i < len(all); {
		if all[i] == "func" && i+1 < len(all) && all[i+1] == "Inv" {
			i = skipFunction(all, i) + 1 // and the semicolon behind it
			continue
		}
		out = append(out, all[i])
		i++
	}
	return out
}

// skipFunction is the index behind a function that starts at i.
func skipFunction(all []string, i int) int {
	depth := 0
	for ; i < len(all); i++ {
		switch all[i] {
		case "{":
			depth++
		case "}":
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return i
}

// tokens are the tokens of a source. A semicolon counts however it was written,
// and not at all before a closing bracket, where Go lets it be left out.
func tokens(src []byte) []string {
	set := token.NewFileSet()
	var s scanner.Scanner
	s.Init(set.AddFile("", -1, len(src)), src, func(token.Position, string) {}, 0)
	var out []string
	for {
		_, tok, lit := s.Scan()
		switch {
		case tok == token.EOF:
			return out
		case tok == token.SEMICOLON:
			lit = ";"
		case lit == "":
			lit = tok.String()
		}
		if n := len(out); n > 0 && out[n-1] == ";" && (lit == "}" || lit == ")") {
			out = out[:n-1]
		}
		out = append(out, lit)
	}
}
