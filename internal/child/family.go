package child

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Mark is the variable in a tool's environment by which those that it starts
// are known, wherever they go. A tool that gives its children another
// environment does well to leave it there.
const Mark = "GENESIS_RUN"

func newMark() string { return Mark + "=" + rand.Text() }

// awaitEnd waits until a child has ended and does not collect it, so that its
// number, which is that of its group, is not given to others.
func awaitEnd(pid int) {
	for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}

// endFamily kills what a tool left and waits until none of it runs any more, so
// that nothing writes to the tool's folder from now on.
//
// It stops them all before it kills the first: a process that was killed while
// it made another one would leave a child whom nothing links to the tool. Where
// one cannot be stopped for long, the rest are killed anyway.
func endFamily(pgid int, mark string) {
	const patience, pause = 10 * time.Second, 5 * time.Millisecond
	begun, still := time.Now(), map[int]status{}
	for time.Since(begun) < patience {
		left := family(pgid, mark)
		if len(left) == 0 {
			return
		}
		// What was still before this list was read made nobody whom it misses.
		if frozen(left) && maps.Equal(still, left) || time.Since(begun) > patience/2 {
			killAll(left)
		} else {
			stopAll(left)
		}
		still = left
		time.Sleep(pause)
	}
}

// frozen reports whether none of them makes others: it is stopped, or it waits
// inside the kernel, as the parent of a stopped child that shares its memory does.
func frozen(left map[int]status) bool {
	for _, s := range left {
		if !strings.ContainsRune("TtDZ", rune(s.state)) {
			return false
		}
	}
	return true
}

func stopAll(left map[int]status) {
	for pid, s := range left {
		signal(pid, s, syscall.SIGSTOP)
	}
}

// killAll kills children before their parents: the kernel wakes a stopped group
// whose last parent ends.
func killAll(left map[int]status) {
	depth := func(pid int) (n int) {
		for ; n <= len(left); n++ {
			s, ok := left[pid]
			if !ok {
				break
			}
			pid = s.parent
		}
		return n
	}
	pids := slices.SortedFunc(maps.Keys(left), func(a, b int) int { return cmp.Or(depth(b)-depth(a), a-b) })
	for _, pid := range pids {
		signal(pid, left[pid], syscall.SIGKILL)
	}
}

// signal reaches a process unless the kernel has given its number to another one.
func signal(pid int, s status, sig syscall.Signal) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	defer p.Release()
	if now, ok := readStatus(pid); ok && now.begun == s.begun {
		_ = p.Signal(sig) // it has ended meanwhile, which is fine
	}
}

// family are the living processes of a group, those that carry a mark, and the
// descendants of both.
func family(pgid int, mark string) map[int]status {
	living, members := map[int]status{}, map[int]bool{}
	for _, pid := range numbers() {
		if s, ok := readStatus(pid); ok && s.lives() {
			living[pid] = s
			members[pid] = s.group == pgid || marked(pid, mark)
		}
	}
	out := map[int]status{}
	for pid, s := range living {
		if descends(pid, living, members) {
			out[pid] = s
		}
	}
	return out
}

// descends reports whether a process is a member or comes from one. A list that
// was read while processes came and went may have circles.
func descends(pid int, living map[int]status, members map[int]bool) bool {
	for range len(living) + 1 {
		if members[pid] {
			return true
		}
		pid = living[pid].parent
	}
	return false
}

func numbers() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var out []int
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			out = append(out, n)
		}
	}
	return out
}

func marked(pid int, mark string) bool {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && bytes.Contains(env, []byte(mark))
}

// status is what /proc says of a process.
type status struct {
	state                         byte
	parent, group, threads, begun int // begun in ticks since the machine started
}

// lives reports whether a part of a process runs. When the first thread has
// ended the kernel calls the process a zombie, although others may still be
// inside system calls; it counts threads until they are gone.
func (s status) lives() bool { return s.state != 'X' && (s.state != 'Z' || s.threads > 1) }

func readStatus(pid int) (status, bool) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return status{}, false // it has ended meanwhile
	}
	return parseStatus(raw)
}

// parseStatus reads: pid (name) state ppid pgrp ... num_threads itrealvalue
// starttime ...; the name may hold anything.
func parseStatus(raw []byte) (status, bool) {
	const parent, group, threads, begun = 1, 2, 17, 19 // positions after the name
	f := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:])
	if len(f) <= begun {
		return status{}, false
	}
	s := status{state: f[0][0]}
	for at, to := range map[int]*int{parent: &s.parent, group: &s.group, threads: &s.threads, begun: &s.begun} {
		n, err := strconv.Atoi(string(f[at]))
		if err != nil {
			return status{}, false
		}
		*to = n
	}
	return s, true
}
