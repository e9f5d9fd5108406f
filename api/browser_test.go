package api_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/genesis-network/genesis/api/apitest"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// chromium is a tab of a browser that talks to this machine only.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("NOT TESTED: no chromium on the PATH (Debian: apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestApproveInABrowserWithoutJavaScript(t *testing.T) {
	w := apitest.New(t).Tell(t)
	ctx := chromium(t)
	url := w.Serve(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		what string
		do   chromedp.Action[chromedp.Void]
	}{
		{"sign in", chromedp.Navigate(w.Access.Link(url))},
		{"open the change that waits", chromedp.Click(".ask-edge h3 a")},
		{"see the form", chromedp.WaitVisible("#approve")},
		{"say why", chromedp.SendKeys("#comment", "seen in a browser")},
		{"approve", chromedp.Click("#approve")},
		{"be told", chromedp.WaitVisible(".notice")},
	} {
		if err := chromedp.Do(ctx, step.do); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
	}
	notice, err := chromedp.Run(ctx, chromedp.Text(".notice"))
	if err != nil || !strings.HasPrefix(notice, "Approved.") {
		t.Errorf("notice %q, %v", notice, err)
	}
	c, err := w.Store.Changes.Get(t.Context(), w.Waiting)
	if err != nil || c.State != pipeline.RollingOut || c.Reason != "seen in a browser" {
		t.Errorf("change is %s because %q, %v", c.State, c.Reason, err)
	}
}

func TestPageFollowsEventsInABrowser(t *testing.T) {
	const packages = "../deploy/npm/node_modules"
	if _, err := os.Stat(packages + "/htmx.org/dist/htmx.min.js"); err != nil {
		t.Skipf("NOT TESTED: %v (make setup installs it)", err)
	}
	w := apitest.New(t).Tell(t)
	w.Server.Assets = os.DirFS(packages)
	ctx := chromium(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(w.Serve(t)+"/"), chromedp.WaitVisible(".ask-edge")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Store.Changes.Update(t.Context(), w.Waiting, store.AnyVersion, func(c *store.Change) error {
		return c.Apply(pipeline.Expire, pipeline.Facts{Due: true}, "nobody decided in time")
	}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.WaitNotPresent(".ask-edge")); err != nil {
		t.Fatalf("the page did not follow: %v", err)
	}
	said, err := chromedp.Run(ctx, chromedp.TextContent("#said"))
	if err != nil || !strings.Contains(said, "expired") {
		t.Errorf("said %q, %v", said, err)
	}
}
