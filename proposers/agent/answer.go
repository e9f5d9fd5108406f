package agent

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/genesis-network/genesis/pipeline"
)

// MaxReply bounds the text of a reply before it is parsed, in bytes.
const MaxReply = 256 << 10

// Schema is the JSON schema of an answer.
var Schema = json.RawMessage(`{"type":"object","properties":{` +
	`"idea":{"type":"string"},"expected_effect":{"type":"string"},"source":{"type":"string"},"proof":{"type":"string"}},` +
	`"required":["idea","expected_effect","source","proof"],"additionalProperties":false}`)

// answer is what a reply says.
type answer struct {
	Idea   string `json:"idea"`
	Effect string `json:"expected_effect"`
	Source string `json:"source"`
	Proof  string `json:"proof"`
}

// read parses a reply, repairing what is cheap to repair.
func read(r Reply) (answer, *pipeline.Finding) {
	if len(r.Text) > MaxReply {
		return answer{}, &pipeline.Finding{Code: "reply.size", Message: "the reply is too long", Hint: "answer with one JSON object and nothing else"}
	}
	text, in := mend(r.Text)
	var a answer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return answer{}, &pipeline.Finding{Code: "reply.json", Message: "the reply is not a JSON object of the form asked for: " + reason(err),
			Hint: `answer {"idea": "...", "expected_effect": "...", "source": "...", "proof": "..."} and nothing else`}
	}
	a.Idea, a.Effect = line(a.Idea), line(a.Effect)
	switch in {
	case "", "idea", "expected_effect":
	case "proof":
		a.Proof = "" // half a proof is none: the automatic one is tried
		return a, nil
	}
	if in != "" {
		return a, &pipeline.Finding{Code: "reply.truncated", Where: in, Message: "the reply ends in the middle", Hint: "write a shorter module, and less around it"}
	}
	return a, nil
}

// reason is the kind of a JSON error, without the reply's own text.
func reason(err error) string {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return "a field has the wrong type"
	}
	return "it cannot be parsed"
}

const maxLine = 160 // characters of an idea

// line makes one short line of a model's text.
func line(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if len(s) <= maxLine {
		return s
	}
	cut := maxLine
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}

// mend takes the first JSON object out of a reply: fences and talk around it
// are left out, line breaks inside strings are escaped, and what is open at the
// end is closed. in is the last key when the text ended inside a string: that
// value is not whole.
func mend(text string) (object, in string) {
	text = strings.ToValidUTF8(text, "?")
	start := strings.IndexByte(text, '{')
	if start < 0 {
		return "", ""
	}
	m := mender{}
	for i := start; i < len(text); i++ {
		if m.step(text[i]); m.done {
			return m.out.String(), ""
		}
	}
	return m.close()
}

// mender is a reader of JSON that knows strings and brackets, and no more.
type mender struct {
	out     strings.Builder
	open    []byte // closing brackets still to come
	quoted  bool
	escaped bool
	done    bool
	value   bool // what comes next is a value, not a key
	str     []byte
	key     string
}

func (m *mender) step(c byte) {
	if m.quoted {
		m.inString(c)
		return
	}
	m.out.WriteByte(c)
	switch c {
	case '"':
		m.quoted, m.str = true, m.str[:0]
	case '{':
		m.open = append(m.open, '}')
	case '[':
		m.open = append(m.open, ']')
	case '}', ']':
		m.open = m.open[:len(m.open)-1]
		m.done = len(m.open) == 0
	case ':':
		m.value, m.key = true, string(m.str)
	case ',':
		m.value = false
	}
}

var escapes = map[byte]string{'\n': `\n`, '\r': `\r`, '\t': `\t`}

func (m *mender) inString(c byte) {
	switch {
	case m.escaped:
		m.escaped = false
	case c == '\\':
		m.escaped = true
	case c == '"':
		m.quoted = false
	default:
		if e, ok := escapes[c]; ok {
			m.out.WriteString(e)
			return
		}
		if len(m.str) < 32 {
			m.str = append(m.str, c)
		}
	}
	m.out.WriteByte(c)
}

// close ends what is open.
func (m *mender) close() (object, in string) {
	s := m.out.String()
	if m.quoted {
		in = m.key
		if !m.value {
			in = "key"
		}
		s = dropEscape(s, m.escaped) + `"`
	}
	s = strings.TrimRight(s, ", \n\r\t")
	for i := len(m.open) - 1; i >= 0; i-- {
		s += string(m.open[i])
	}
	return s, in
}

// dropEscape takes off an escape that the end cut in two.
func dropEscape(s string, escaped bool) string {
	if escaped {
		return s[:len(s)-1]
	}
	if i := strings.LastIndex(s, `\u`); i >= 0 && len(s)-i < 6 {
		return s[:i]
	}
	return s
}
