package pipeline

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// APIVersion is the version of every document that people write.
const APIVersion = "genesis/v1"

// MaxDocument is the largest document that is read, in bytes.
const MaxDocument = 64 << 10

// Problem is one thing wrong in a document: where it stands, what is wrong, and
// what to write instead.
type Problem struct {
	Line    int    `json:"line"` // 1 is the first
	Column  int    `json:"column,omitempty"`
	Field   string `json:"field,omitempty"` // such as spec.objective.minimize
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (p Problem) String() string {
	out := fmt.Sprintf("line %d: ", p.Line)
	if p.Field != "" {
		out += p.Field + ": "
	}
	out += p.Message
	if p.Hint != "" {
		out += " (" + p.Hint + ")"
	}
	return out
}

// Problems is the error of a document that is refused: all that is wrong with
// it, by line.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// reader walks a YAML document by the names that are known and gathers what is
// wrong, so that a person sees everything at once.
type reader struct{ problems Problems }

func (r *reader) refuse(n *yaml.Node, field, hint, format string, args ...any) {
	p := Problem{Field: field, Message: fmt.Sprintf(format, args...), Hint: hint, Line: 1}
	if n != nil {
		p.Line, p.Column = max(n.Line, 1), n.Column
	}
	r.problems = append(r.problems, p)
}

// finish returns what was gathered, by line, or nil.
func (r *reader) finish() error {
	if len(r.problems) == 0 {
		return nil
	}
	sort.SliceStable(r.problems, func(i, j int) bool { return r.problems[i].Line < r.problems[j].Line })
	return r.problems
}

var errManyDocuments = errors.New("more than one document")

// parseYAML returns the root of a single document without aliases.
func parseYAML(text []byte) (*yaml.Node, error) {
	if len(text) > MaxDocument {
		return nil, Problems{{Line: 1, Message: fmt.Sprintf("the document has %d bytes", len(text)), Hint: fmt.Sprintf("at most %d are read", MaxDocument)}}
	}
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	var doc, rest yaml.Node
	err := dec.Decode(&doc)
	if err == nil && dec.Decode(&rest) == nil {
		err = errManyDocuments
	}
	if err != nil {
		return nil, Problems{{Line: lineOf(err), Message: "not YAML: " + strings.TrimPrefix(err.Error(), "yaml: "), Hint: "see docs/campaign.md for an example"}}
	}
	return doc.Content[0], nil
}

// lineOf finds the line in a message of the YAML reader: "yaml: line 3: ...".
func lineOf(err error) int {
	_, after, ok := strings.Cut(err.Error(), "line ")
	if !ok {
		return 1
	}
	number, _, _ := strings.Cut(after, ":")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 1
	}
	return n
}

// object is a mapping whose keys were checked against the known ones.
type object struct {
	r      *reader
	path   string
	node   *yaml.Node
	fields map[string]*yaml.Node
}

// object reads the mapping at n. A missing node gives an empty object; unknown
// and repeated keys are refused.
func (r *reader) object(n *yaml.Node, path string, known ...string) object {
	o := object{r: r, path: path, node: n, fields: map[string]*yaml.Node{}}
	if n == nil {
		return o
	}
	if n.Kind != yaml.MappingNode {
		r.refuse(n, path, "write "+strings.Join(known, ", ")+" below it", "want a mapping, not %s", kindName(n))
		return o
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		o.take(n.Content[i], n.Content[i+1], known)
	}
	return o
}

func (o object) take(key, value *yaml.Node, known []string) {
	name := key.Value
	switch _, seen := o.fields[name]; {
	case !contains(known, name):
		o.r.refuse(key, o.at(clip(name)), suggestion(name, known), "unknown field")
	case seen:
		o.r.refuse(key, o.at(name), "keep one of them", "field given twice")
	case value.Kind == yaml.AliasNode:
		o.r.refuse(value, o.at(name), "write the value out", "aliases are not read")
	default:
		o.fields[name] = value
	}
}

func (o object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

func (o object) has(name string) bool { return o.fields[name] != nil }

// where is the node to blame for a field: its own, or its parent's when it is
// missing.
func (o object) where(name string) *yaml.Node {
	if n := o.fields[name]; n != nil {
		return n
	}
	return o.node
}

func (o object) refuse(name, hint, format string, args ...any) {
	o.r.refuse(o.where(name), o.at(name), hint, format, args...)
}

func (o object) child(name string, known ...string) object {
	c := o.r.object(o.fields[name], o.at(name), known...)
	if c.node == nil {
		c.node = o.node
	}
	return c
}

// text is a scalar as it was written; missing gives "".
func (o object) text(name string) string {
	n := o.fields[name]
	if n == nil {
		return ""
	}
	return o.r.scalar(n, o.at(name))
}

func (r *reader) scalar(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode {
		r.refuse(n, path, "write one value", "want a value, not %s", kindName(n))
		return ""
	}
	return n.Value
}

func (o object) integer(name string) int64 {
	return field(o, name, func(s string) (int64, error) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || n > maxExact {
			return 0, fmt.Errorf("%.40q: want a whole number from 0 to 2^53-1", s)
		}
		return n, nil
	})
}

func (o object) decimal(name string) Decimal { return field(o, name, ParseDecimal) }

func (o object) duration(name string) Duration { return field(o, name, ParseDuration) }

// field reads a scalar through parse; missing gives the zero value.
func field[T any](o object, name string, parse func(string) (T, error)) T {
	var zero T
	if !o.has(name) {
		return zero
	}
	v, err := parse(o.text(name))
	if err != nil {
		o.refuse(name, "", "%s", err)
		return zero
	}
	return v
}

// list is the elements of a sequence; missing gives none.
func (o object) list(name string) []*yaml.Node {
	n := o.fields[name]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		o.refuse(name, "write [a, b]", "want a list, not %s", kindName(n))
		return nil
	}
	return n.Content
}

func (o object) texts(name string) []string {
	var out []string
	for i, n := range o.list(name) {
		out = append(out, o.r.scalar(n, fmt.Sprintf("%s[%d]", o.at(name), i)))
	}
	return out
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	default:
		return fmt.Sprintf("%q", clip(n.Value))
	}
}

// clip keeps foreign text in messages short.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// suggestion names the known word that is nearest to the one written, or all.
func suggestion(word string, known []string) string {
	best, distance := "", len(word)/3+3
	for _, k := range known {
		if d := editDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	if len(known) == 0 {
		return ""
	}
	return "known: " + strings.Join(known, ", ")
}

// editDistance is Levenshtein's, over the first 64 bytes.
func editDistance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
