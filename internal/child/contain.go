package child

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// Contained reports whether the kernel itself ends everything that a tool
// starts, however it tries to get away: tools then run in a namespace of
// process ids, whose end is the end of all in it, and Run returns after that.
//
// Where this is not allowed (to users without namespaces, in most containers)
// Run looks for the tool's family instead: its process group, those who carry
// the run's mark in their environment, and their children. A native program
// that leaves its group, clears its environment and loses its parent is not
// found that way.
func Contained() bool { return contained() }

// contained tries once what Run would do.
var contained = sync.OnceValue(func() bool {
	cmd := exec.Command("/bin/sh", "-c", "exit 0")
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	contain(cmd.SysProcAttr)
	return cmd.Run() == nil
})

// contain adds a namespace of process ids. Users who may not make one get it
// inside a namespace of users, in which they remain who they are.
func contain(attr *syscall.SysProcAttr) {
	attr.Cloneflags |= syscall.CLONE_NEWPID
	if uid := os.Getuid(); uid != 0 && attr.Cloneflags&syscall.CLONE_NEWUSER == 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
}
