package federation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
)

// record is one line of a session's journal: exactly one field is set.
type record struct {
	Session []byte    `json:"session,omitempty"` // the session document, first line
	Report  *accepted `json:"report,omitempty"`
	End     *ending   `json:"end,omitempty"` // last line
}

// accepted is a report that counts.
type accepted struct {
	Nonce  string          `json:"nonce"`
	Report pipeline.Digest `json:"report"`
	Out    []byte          `json:"out,omitempty"` // output share; dropped when the session ends
}

// ending says that a session takes no more reports.
type ending struct {
	Aborted bool     `json:"aborted,omitempty"`
	Set     []string `json:"set,omitempty"`   // nonces, sorted, that the release sums
	Share   []byte   `json:"share,omitempty"` // aggregate share over the set
}

// errDamaged says that a journal lost what it had confirmed.
var errDamaged = errors.New("journal is damaged before its last line; restore it or remove it and use a new session")

// journal is an append-only file of checked lines. A last line that a crash
// tore is cut off: what it said was never confirmed to anyone.
type journal struct {
	path string
	f    *os.File
	size int64
}

// createJournal starts a journal with one record.
func createJournal(path string, first record) (*journal, error) {
	line, err := encodeRecord(first)
	if err != nil {
		return nil, err
	}
	if err := durable.Replace(path, line); err != nil {
		return nil, err
	}
	return reopen(path, int64(len(line)))
}

// openJournal reads a journal.
func openJournal(path string) (*journal, []record, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	records, size, err := readRecords(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	j, err := reopen(path, size)
	return j, records, err
}

// reopen opens the file for appending at size and cuts off what follows.
func reopen(path string, size int64) (*journal, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{path: path, f: f, size: size}
	if err := j.cut(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

func (j *journal) cut() error {
	if err := j.f.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.f.Seek(j.size, 0)
	return err
}

// append makes the record durable before it returns nil.
func (j *journal) append(r record) error {
	line, err := encodeRecord(r)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(line); err != nil {
		return fmt.Errorf("%s: %w", j.path, errors.Join(err, j.cut()))
	}
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("%s: %w", j.path, errors.Join(err, j.cut()))
	}
	j.size += int64(len(line))
	return nil
}

// replace writes the journal anew with one record after another.
func (j *journal) replace(records []record) error {
	var all []byte
	for _, r := range records {
		line, err := encodeRecord(r)
		if err != nil {
			return err
		}
		all = append(all, line...)
	}
	if err := durable.Replace(j.path, all); err != nil {
		return err
	}
	next, err := reopen(j.path, int64(len(all)))
	if err != nil {
		return err
	}
	err = j.f.Close()
	*j = *next
	return err
}

func (j *journal) close() error { return j.f.Close() }

// readRecords decodes all lines and says where the good ones end.
func readRecords(raw []byte) (records []record, size int64, err error) {
	for rest := raw; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		r, err := decodeRecord(line)
		if !whole || err != nil {
			if len(after) > 0 {
				return nil, 0, errDamaged
			}
			return records, size, nil
		}
		records = append(records, r)
		size += int64(len(line)) + 1
		rest = after
	}
	return records, size, nil
}

func decodeRecord(line []byte) (r record, err error) {
	sum, body, found := bytes.Cut(line, []byte(" "))
	if !found || !bytes.Equal(sum, checksum(body)) {
		return r, errDamaged
	}
	return r, json.Unmarshal(body, &r)
}

func encodeRecord(r record) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%s %s\n", checksum(body), body), nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(body []byte) []byte {
	return fmt.Appendf(nil, "%08x", crc32.Checksum(body, castagnoli))
}
