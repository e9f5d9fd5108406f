package tilego

import (
	"go/scanner"
	"go/token"
	"strings"
)

// Limits of a source, enforced on its bytes and tokens before it is parsed, so
// that no later step meets deep or huge input.
const (
	MaxSource   = 64 << 10 // bytes
	MaxIdent    = 32       // bytes of an identifier
	maxLiteral  = 200      // bytes of a number
	maxBrackets = 48       // open brackets, braces and parentheses
	maxExprToks = 400      // tokens of one expression or statement between braces, commas and semicolons
)

// admit checks size, characters and tokens.
func admit(rep *reporter, file *token.File, src []byte) bool {
	if len(src) > MaxSource {
		rep.refuse(file.Pos(0), "size", "split it or drop what is not needed", "source has %d bytes, the limit is %d", len(src), MaxSource)
		return false
	}
	for i, c := range src {
		if c >= 0x80 || c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			rep.refuse(file.Pos(i), "ascii", "write ASCII only, in comments too", "byte 0x%02x is not allowed", c)
			return false
		}
	}
	a := admission{reporter: rep, file: file}
	return a.scan(src)
}

// admission counts tokens.
type admission struct {
	*reporter
	file  *token.File
	depth int                  // open brackets
	run   [maxBrackets + 2]int // per open bracket, tokens since the last separator
	fatal bool
}

func (a *admission) scan(src []byte) bool {
	var s scanner.Scanner
	s.Init(a.file, src, func(pos token.Position, msg string) {
		a.reject(a.file.Pos(min(pos.Offset, a.file.Size())), "syntax", "", "%s", msg)
	}, scanner.ScanComments)
	for !a.fatal {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		a.token(pos, tok, lit)
	}
	return !a.fatal
}

func (a *admission) reject(pos token.Pos, rule, hint, format string, args ...any) {
	a.refuse(pos, rule, hint, format, args...)
	a.fatal = true
}

func (a *admission) token(pos token.Pos, tok token.Token, lit string) {
	switch tok {
	case token.COMMENT:
		a.comment(pos, lit)
		return
	case token.IDENT:
		a.ident(pos, lit)
	case token.INT, token.FLOAT, token.IMAG:
		if len(lit) > maxLiteral {
			a.reject(pos, "limit", "", "number has %d characters, the limit is %d", len(lit), maxLiteral)
		}
	}
	a.bracket(pos, tok)
}

// bracket keeps the length of what stands between two separators and the number
// of open brackets: together they bound the depth of the syntax tree.
func (a *admission) bracket(pos token.Pos, tok token.Token) {
	switch tok {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		if tok == token.LBRACE {
			a.run[a.depth] = 0
		}
		if a.depth++; a.depth > maxBrackets {
			a.reject(pos, "nesting", "use helper functions", "more than %d brackets are open", maxBrackets)
			return
		}
		a.run[a.depth] = 0
	case token.RPAREN, token.RBRACK, token.RBRACE:
		if a.depth--; a.depth < 0 {
			a.reject(pos, "syntax", "", "unexpected %s", tok)
			return
		}
	case token.COMMA, token.SEMICOLON:
		a.run[a.depth] = 0
	}
	if a.run[a.depth]++; a.run[a.depth] > maxExprToks {
		a.reject(pos, "nesting", "split the expression", "more than %d tokens without a separator", maxExprToks)
	}
}

func (a *admission) comment(pos token.Pos, lit string) {
	text := lit[2:]
	for _, prefix := range []string{"go:", "line ", "export ", "extern ", "cgo", "+build", " +build", "\t+build"} {
		if strings.HasPrefix(text, prefix) {
			a.reject(pos, "directive", "remove it", "comment is a directive")
		}
	}
}

func (a *admission) ident(pos token.Pos, name string) {
	if len(name) > MaxIdent {
		a.reject(pos, "name", "", "identifier has %d characters, the limit is %d", len(name), MaxIdent)
	}
	if name != "_" && strings.Contains(name, "_") {
		a.reject(pos, "name", "letters and digits only: maxSpeed, not max_speed", "identifier %s has an underscore", name)
	}
}
