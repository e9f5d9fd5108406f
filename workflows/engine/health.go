package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	health "google.golang.org/grpc/health/grpc_health_v1"
)

// namespace is the one that a local engine has from the start.
const namespace = "default"

// frontend is the service whose health is asked for.
const frontend = "temporal.api.workflowservice.v1.WorkflowService"

// eager reconnects quickly: the engine is on this machine and about to listen.
var eager = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 10 * time.Millisecond, Multiplier: 1.5, Jitter: 0.2, MaxDelay: 100 * time.Millisecond},
	MinConnectTimeout: time.Second,
}

// awaitServing returns when the engine at the address serves and has its
// namespace. It is told; it does not ask again and again.
func awaitServing(ctx context.Context, address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithConnectParams(eager))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := watchServing(ctx, conn); err != nil {
		return err
	}
	_, err = workflowservice.NewWorkflowServiceClient(conn).DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("namespace %s: %w", namespace, err)
	}
	return nil
}

func watchServing(ctx context.Context, conn *grpc.ClientConn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := health.NewHealthClient(conn).Watch(ctx, &health.HealthCheckRequest{Service: frontend}, grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	for {
		state, err := stream.Recv()
		if err != nil {
			return errors.Join(errors.New("health"), err)
		}
		if state.GetStatus() == health.HealthCheckResponse_SERVING {
			return nil
		}
	}
}
