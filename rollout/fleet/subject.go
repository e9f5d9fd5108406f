package fleet

import (
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/nats-io/nats.go/jetstream"
)

// Streams and subjects. A tile's name is a token of every subject that it may
// write or read, and the server holds it to that (see [TilePermissions]).
const (
	streamCommands = "GENESIS_COMMANDS"
	streamAnswers  = "GENESIS_ANSWERS"
	streamReports  = "GENESIS_REPORTS"
	subjectFetch   = "genesis.fetch"
	controlName    = "control"
)

func commandSubject(tile, lane string) string { return "genesis.command." + tile + "." + lane }
func reportSubject(tile string) string        { return "genesis.report." + tile }
func inboxOf(name string) string              { return "_INBOX_" + name }
func consumerOf(tile, lane string) string     { return tile + "--" + lane }

func answerSubject(tile string, command pipeline.Digest) string {
	return "genesis.answer." + tile + "." + string(command)
}

// Ages and sizes of what the server keeps.
const (
	commandLife = 10 * time.Minute // a command that no tile took by then is void
	answerLife  = 24 * time.Hour   // who asks again later has the work done again
	maxAnswers  = 256 << 20        // bytes; the oldest go first
	maxCommands = 256 << 20
	// ackWait is how long a tile may be silent about a command before it is
	// delivered again; a working tile says so three times as often.
	ackWait = 10 * time.Second
)

func streams() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{
			Name: streamCommands, Subjects: []string{"genesis.command.>"}, Retention: jetstream.WorkQueuePolicy,
			Storage: jetstream.FileStorage, MaxAge: commandLife, MaxBytes: maxCommands, Discard: jetstream.DiscardNew,
			MaxMsgSize: MaxCommand + 1<<10, AllowMsgTTL: true,
		},
		{
			Name: streamAnswers, Subjects: []string{"genesis.answer.>"}, Retention: jetstream.LimitsPolicy,
			Storage: jetstream.FileStorage, MaxAge: answerLife, MaxBytes: maxAnswers, MaxMsgsPerSubject: 1,
			MaxMsgSize: MaxAnswer + 1<<10, AllowDirect: true,
		},
		{
			Name: streamReports, Subjects: []string{"genesis.report.>"}, Retention: jetstream.LimitsPolicy,
			Storage: jetstream.FileStorage, MaxMsgsPerSubject: 1, MaxMsgSize: MaxReport,
		},
	}
}

func consumers(tile string) []jetstream.ConsumerConfig {
	var list []jetstream.ConsumerConfig
	for _, lane := range []string{laneNow, laneWork} {
		list = append(list, jetstream.ConsumerConfig{
			Durable: consumerOf(tile, lane), FilterSubject: commandSubject(tile, lane),
			AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: 1,
		})
	}
	return list
}

// TilePermissions are the subjects that a server lets a tile publish to and
// subscribe to: its own, and nothing else.
func TilePermissions(tile string) (publish, subscribe []string) {
	publish = []string{
		subjectFetch,
		reportSubject(tile),
		"genesis.answer." + tile + ".*",
		"$JS.API.DIRECT.GET." + streamAnswers + ".genesis.answer." + tile + ".*",
	}
	for _, lane := range []string{laneNow, laneWork} {
		name := streamCommands + "." + consumerOf(tile, lane)
		publish = append(publish, "$JS.API.CONSUMER.INFO."+name, "$JS.API.CONSUMER.MSG.NEXT."+name, "$JS.ACK."+name+".>")
	}
	return publish, []string{inboxOf(tile) + ".>"}
}
