// Package sandbox runs a tool on a text that somebody hostile wrote, or what a
// compiler made of one.
//
// A [Command] runs among processes of its own, with limits on processor time,
// address space, size of files and number of processes, without a network but,
// where it asks for that, a loopback of its own, and with a file system of which
// it can read the system and a few folders and write those it is given. The
// limits are those of the kernel: rlimits, Landlock, and namespaces of user,
// network, IPC and process ids.
//
// What it keeps true: nothing of the caller's environment reaches the command;
// nothing that it started outlives Run (see internal/child). What could not be
// applied on this machine is in [Gaps], so that a statement can say it.
//
// How: the caller's own executable is started again and, before anything else
// of it runs, confines itself and becomes the command (see enter). Programs and
// tests that import this package need to do nothing for that.
//
// What it does not do: it does not hide that a file exists, and it is no
// substitute for looking at what the command left behind. It works on Linux.
package sandbox
