package app_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app"
)

// killedDatabase makes this test binary the process that is killed.
const killedDatabase = "APP_TEST_KILLED_DATABASE"

// TestKilledProcess is the process that [TestKill] kills: it says when its job runs.
func TestKilledProcess(t *testing.T) {
	database := os.Getenv(killedDatabase)
	if database == "" {
		t.Skip("the other half of TestKill")
	}
	q := open(t, app.QueueOptions{Database: database, Handle: func(_ context.Context, l app.Lane) error {
		fmt.Println("running", ids(l.Events))
		select {}
	}})
	start(t, q)
	d, e := opened("before-the-kill", 1)
	accept(t, q, d, e)
	select {}
}

// TestKill kills a process in the middle of a job. The next one runs the job at once, not
// after River's rescue time.
func TestKill(t *testing.T) {
	everyDatabase(t, func(t *testing.T, database string) {
		if !strings.HasPrefix(database, "sqlite:") {
			t.Skip("on Postgres a killed job runs again after its rescue time, deadline and 90 s")
		}
		killed := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
		killed.Env = append(os.Environ(), killedDatabase+"="+database)
		out, err := killed.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := killed.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || line != "running before-the-kill\n" {
			t.Fatalf("the process said %q, %v", line, err)
		}
		if err := killed.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = killed.Wait()

		runs := make(chan app.Lane, 2)
		begin := time.Now()
		q := open(t, app.QueueOptions{Database: database, Handle: func(_ context.Context, l app.Lane) error { runs <- l; return nil }})
		start(t, q)
		lane := receive(t, runs)
		took := time.Since(begin)
		idle(t, q)
		if ids(lane.Events) != "before-the-kill" || len(runs) != 0 {
			t.Errorf("ran %q and %d more", ids(lane.Events), len(runs))
		}
		if took > 15*time.Second {
			t.Errorf("it took %s", took)
		}
		t.Logf("ran again after %s", took)
	})
}

// postgres returns the address of a schema of the test's own.
func postgres(t *testing.T) string {
	t.Helper()
	address := os.Getenv("TEST_POSTGRES")
	if address == "" {
		t.Skip("TEST_POSTGRES names no database, such as postgres://postgres@127.0.0.1/postgres")
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("test_%d", time.Now().UnixNano())
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = db.Exec("DROP SCHEMA " + schema + " CASCADE")
		_ = db.Close()
	})
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + "search_path=" + schema
}

// Two processes on Postgres share the lanes.
func TestTwoProcessesOnPostgres(t *testing.T) {
	database := postgres(t)
	runs := make(chan string, 100)
	handle := func(_ context.Context, l app.Lane) error { runs <- ids(l.Events); return nil }
	a := open(t, app.QueueOptions{Database: database, Handle: handle})
	b := open(t, app.QueueOptions{Database: database, Handle: handle})
	start(t, a)
	start(t, b)
	for i := range 20 {
		d, e := opened(fmt.Sprintf("d-%d", i), int64(1+i))
		accept(t, map[bool]*app.Queue{true: a, false: b}[i%2 == 0], d, e)
	}
	idle(t, a)
	if len(runs) != 20 {
		t.Errorf("%d runs of 20", len(runs))
	}
}
