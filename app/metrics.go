package app

import (
	"context"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the figures of one process, in a registry of their own, so that several
// can live in one test.
type Metrics struct {
	// Registry takes figures of other packages too, such as those of app/github.
	Registry *prometheus.Registry

	deliveries  *prometheus.CounterVec
	answers     prometheus.Histogram
	duplicates  *prometheus.CounterVec
	jobs        *prometheus.CounterVec
	durations   *prometheus.HistogramVec
	ages        prometheus.Histogram
	panics      prometheus.Counter
	stuckJobs   prometheus.Counter
	redelivered prometheus.Counter
	proofs      *prometheus.CounterVec
	proofTimes  *prometheus.HistogramVec
}

// NewMetrics returns figures at zero.
func NewMetrics() *Metrics {
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "multistage", Name: name, Help: help}
	}
	jobBuckets := []float64{.1, .5, 1, 2, 5, 10, 30, 60, 120, 300, 900}
	m := &Metrics{
		Registry:   prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(counter("webhook_deliveries_total", "Webhook requests by how they were answered."), []string{"event", "action", "outcome"}),
		answers: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "multistage", Name: "webhook_duration_seconds",
			Help: "Time to answer a webhook request; GitHub hangs up after 10 s.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}),
		duplicates: prometheus.NewCounterVec(counter("dedupe_hits_total", "Deliveries that were known already, and deliveries that joined a waiting job."), []string{"kind"}),
		jobs:       prometheus.NewCounterVec(counter("jobs_total", "Runs of jobs by how they ended."), []string{"kind", "outcome"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "multistage", Name: "job_duration_seconds",
			Help: "Time of a run of a job.", Buckets: jobBuckets}, []string{"kind"}),
		ages: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "multistage", Name: "job_age_seconds",
			Help: "Time from a delivery to the end of its work.", Buckets: jobBuckets}),
		panics:      prometheus.NewCounter(counter("panics_total", "Panics caught in jobs.")),
		stuckJobs:   prometheus.NewCounter(counter("jobs_stuck_total", "Jobs that did not end at their deadline.")),
		redelivered: prometheus.NewCounter(counter("reconcile_redelivered_total", "Failed deliveries that GitHub was asked to send again.")),
		proofs:      prometheus.NewCounterVec(counter("proofs_total", "Proofs by outcome: what they showed, or why nothing can be said."), []string{"outcome"}),
		proofTimes: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "multistage", Name: "proof_duration_seconds",
			Help: "Time of a proof, without the wait for its turn.", Buckets: []float64{5, 15, 30, 60, 120, 300, 600, 1200, 2400, 3600}}, []string{"outcome"}),
	}
	m.Registry.MustRegister(m.deliveries, m.answers, m.duplicates, m.jobs, m.durations, m.ages,
		m.panics, m.stuckJobs, m.redelivered, m.proofs, m.proofTimes, buildInfo(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func buildInfo() prometheus.Collector {
	version, goVersion := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version, goVersion = info.Main.Version, info.GoVersion
	}
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "multistage", Name: "build_info",
		Help: "1, with the version.", ConstLabels: prometheus.Labels{"version": version, "goversion": goVersion}})
	gauge.Set(1)
	return gauge
}

// Handler serves the figures in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

func (m *Metrics) webhook(event, action, outcome string, d time.Duration) {
	m.deliveries.WithLabelValues(event, action, outcome).Inc()
	m.answers.Observe(d.Seconds())
}

func (m *Metrics) duplicate(kind string) { m.duplicates.WithLabelValues(kind).Inc() }

func (m *Metrics) job(kind, outcome string, d time.Duration) {
	m.jobs.WithLabelValues(kind, outcome).Inc()
	m.durations.WithLabelValues(kind).Observe(d.Seconds())
}

func (m *Metrics) proof(outcome string, d time.Duration) {
	m.proofs.WithLabelValues(outcome).Inc()
	m.proofTimes.WithLabelValues(outcome).Observe(d.Seconds())
}

func (m *Metrics) age(d time.Duration) { m.ages.Observe(d.Seconds()) }
func (m *Metrics) panicked()           { m.panics.Inc() }
func (m *Metrics) stuck()              { m.stuckJobs.Inc() }
func (m *Metrics) asked()              { m.redelivered.Inc() }

// watch adds the queue's figures, counted when somebody asks for them.
func (m *Metrics) watch(q *Queue) { m.Registry.MustRegister(&queueCollector{q: q}) }

var (
	depthDesc   = prometheus.NewDesc("multistage_queue_depth", "Unfinished jobs of pull requests by state.", []string{"state"}, nil)
	waitingDesc = prometheus.NewDesc("multistage_queue_deliveries", "Deliveries that wait for their work, and deliveries given up.", []string{"state"}, nil)
	oldestDesc  = prometheus.NewDesc("multistage_queue_oldest_seconds", "Age of the oldest delivery that waits.", nil, nil)
)

func (m *Metrics) unwatch(q *Queue) { m.Registry.Unregister(&queueCollector{q: q}) }

// scrapeTimeout bounds the counting, so that a database in trouble does not pile up scrapes.
const scrapeTimeout = 3 * time.Second

type queueCollector struct{ q *Queue }

func (*queueCollector) Describe(descs chan<- *prometheus.Desc) {
	descs <- depthDesc
	descs <- waitingDesc
	descs <- oldestDesc
}

func (c *queueCollector) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	stats, err := c.q.Stats(ctx)
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(depthDesc, err)
		return
	}
	for state, n := range stats.Jobs {
		metrics <- prometheus.MustNewConstMetric(depthDesc, prometheus.GaugeValue, float64(n), state)
	}
	metrics <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(stats.Waiting), stateWaiting)
	metrics <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(stats.Failed), stateFailed)
	metrics <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, stats.Oldest.Seconds())
}
