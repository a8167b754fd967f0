package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // database/sql driver "sqlite"
)

// ErrLocked is the error of [OpenQueue] when another process works on the same file.
var ErrLocked = errors.New("another multistage serve has this database open: stop it, or use Postgres for several")

const (
	sqliteKind   = "sqlite"
	postgresKind = "postgres"
)

// splitDatabase splits MULTISTAGE_DATABASE into its kind and what the driver opens: a
// file's name or an address. Its errors do not repeat the value, which may hold a
// password.
func splitDatabase(database string) (kind, name string, err error) {
	if file, ok := strings.CutPrefix(database, "sqlite:"); ok {
		file = strings.TrimPrefix(file, "//")
		if file == "" || strings.Contains(file, ":memory:") {
			return "", "", errors.New("sqlite: needs a file's name, such as sqlite:multistage.db")
		}
		return sqliteKind, file, nil
	}
	for _, scheme := range []string{"postgres://", "postgresql://"} {
		if strings.HasPrefix(database, scheme) {
			if u, err := url.Parse(database); err != nil || u.Host == "" && u.RawQuery == "" {
				return "", "", errors.New("is not an address such as postgres://user:password@host/database")
			}
			return postgresKind, database, nil
		}
	}
	return "", "", errors.New("starts with neither sqlite: nor postgres://")
}

// A store is the queue's database: River's tables and ours.
type store struct {
	kind   string
	db     *sql.DB
	driver riverdriver.Driver[*sql.Tx]
	lock   *os.File      // SQLite
	listen *pgxpool.Pool // Postgres, for LISTEN only
}

// openStore opens the database and brings its tables up to date.
func openStore(ctx context.Context, database string) (*store, error) {
	kind, name, err := splitDatabase(database)
	if err != nil {
		return nil, err
	}
	var s *store
	if kind == sqliteKind {
		s, err = openSQLite(name)
	} else {
		s, err = openPostgres(ctx, name)
	}
	if err != nil {
		return nil, fmt.Errorf("open the queue's database: %w", err)
	}
	if err := s.migrate(ctx); err != nil {
		s.close()
		return nil, fmt.Errorf("bring the queue's tables up to date: %w", err)
	}
	return s, nil
}

// openSQLite opens a file for this process alone. One connection: SQLite has one
// writer, and a second connection would only meet SQLITE_BUSY. synchronous=FULL is
// what makes a 202 true after a power cut: https://sqlite.org/pragma.html#pragma_synchronous
func openSQLite(file string) (*store, error) {
	lock, err := lockFile(file + ".lock")
	if err != nil {
		return nil, err
	}
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &store{kind: sqliteKind, db: db, driver: riversqlite.New(db), lock: lock}, nil
}

func openPostgres(ctx context.Context, address string) (*store, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, errors.New("the address of the Postgres database is not understood")
	}
	db.SetMaxOpenConns(20)
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the address of the Postgres database is not understood")
	}
	config.MinConns, config.MaxConns = 0, 1
	listen, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &store{kind: postgresKind, db: db, driver: riverdatabasesql.NewWithPgxListener(db, listen), listen: listen}, nil
}

func (s *store) close() {
	_ = s.db.Close()
	if s.listen != nil {
		s.listen.Close()
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

// sql turns a statement with $1, $2 into what the database takes. That is the only
// difference between the two in our own statements.
func (s *store) sql(statement string) string {
	if s.kind == sqliteKind {
		return strings.ReplaceAll(statement, "$", "?")
	}
	return statement
}

// tx runs f in a transaction and commits unless it fails.
func (s *store) tx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// migrations are our own tables, in SQL that both databases take. Times are
// milliseconds since 1970. A released entry is never edited: add one.
var migrations = []string{`
CREATE TABLE lane (
	repo_id         BIGINT NOT NULL,
	pr              BIGINT NOT NULL,
	wanted          BIGINT NOT NULL,
	owner           TEXT   NOT NULL,
	repo            TEXT   NOT NULL,
	installation_id BIGINT NOT NULL,
	PRIMARY KEY (repo_id, pr)
)`, `
CREATE TABLE delivery (
	guid         TEXT   NOT NULL PRIMARY KEY,
	repo_id      BIGINT NOT NULL,
	pr           BIGINT NOT NULL,
	seq          BIGINT NOT NULL,
	comment_id   BIGINT NOT NULL,
	state        TEXT   NOT NULL,
	event        TEXT   NOT NULL,
	reason       TEXT   NOT NULL,
	acknowledged BIGINT NOT NULL,
	received_at  BIGINT NOT NULL,
	finished_at  BIGINT NOT NULL
)`,
	`CREATE INDEX delivery_lane ON delivery (repo_id, pr, state)`,
	`CREATE INDEX delivery_state ON delivery (state, received_at)`,
	`CREATE TABLE heartbeat (id BIGINT NOT NULL PRIMARY KEY, beaten_at BIGINT NOT NULL)`,
}

// migrationLock is the key under which one replica migrates and the others wait.
const migrationLock = 5_067_345_011

func (s *store) migrate(ctx context.Context) error {
	if s.kind == postgresKind {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
			return err
		}
		defer func() {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
		}()
	}
	migrator, err := rivermigrate.New(s.driver, &rivermigrate.Config{Logger: silent()})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sql.Tx) error { return s.migrateOurs(ctx, tx) })
}

func (s *store) migrateOurs(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS multistage_schema (version BIGINT NOT NULL PRIMARY KEY)`); err != nil {
		return err
	}
	var version int
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM multistage_schema`).Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return fmt.Errorf("the database is of a newer multistage (version %d, this one knows %d): update multistage", version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
			return fmt.Errorf("version %d: %w", version+1, err)
		}
		if _, err := tx.ExecContext(ctx, s.sql(`INSERT INTO multistage_schema (version) VALUES ($1)`), version+1); err != nil {
			return err
		}
	}
	return nil
}

// recover gives back what a killed process was working on, before River starts: River
// itself would wait for its rescue time. Only on SQLite, where the lock says that
// there is no other process. The attempt stays counted, so that a job that kills
// the process does not do so for ever.
func (s *store) recover(ctx context.Context) (jobs int64, err error) {
	if s.kind != sqliteKind {
		return 0, nil
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`)
		if err != nil {
			return err
		}
		jobs, _ = result.RowsAffected()
		_, err = tx.ExecContext(ctx, `DELETE FROM river_leader`)
		return err
	})
	return jobs, err
}
