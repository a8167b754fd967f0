package image

// products are finished products: what is built on them is configuration.
var products = map[string]string{
	"nginx": "nginx", "nginxinc/nginx-unprivileged": "nginx", "httpd": "httpd", "caddy": "caddy", "traefik": "traefik", "haproxy": "haproxy",
	"envoyproxy/envoy": "envoy", "varnish": "varnish", "kong": "kong", "krakend": "krakend", "devopsfaith/krakend": "krakend", "apache/apisix": "apisix",
	"openresty/openresty": "openresty", "bunkerity/bunkerweb": "bunkerweb", "nginxproxy/nginx-proxy": "nginx-proxy", "fholzer/nginx-brotli": "nginx",
	"postgres": "postgres", "postgis/postgis": "postgres", "timescale/timescaledb": "postgres", "pgvector/pgvector": "postgres", "supabase/postgres": "postgres",
	"ankane/pgvector": "postgres", "mysql": "mysql", "mysql/mysql-server": "mysql", "mariadb": "mariadb", "percona": "percona", "redis": "redis", "redis/redis-stack": "redis",
	"valkey/valkey": "valkey", "memcached": "memcached", "mongo": "mongo", "mongo-express": "mongo-express", "couchdb": "couchdb", "couchbase": "couchbase",
	"cassandra": "cassandra", "scylladb/scylla": "scylla", "neo4j": "neo4j", "influxdb": "influxdb", "telegraf": "telegraf", "chronograf": "chronograf",
	"clickhouse": "clickhouse", "clickhouse/clickhouse-server": "clickhouse", "yandex/clickhouse-server": "clickhouse", "cockroachdb/cockroach": "cockroach",
	"elasticsearch": "elasticsearch", "kibana": "kibana", "logstash": "logstash", "opensearchproject/opensearch": "opensearch", "solr": "solr",
	"getmeili/meilisearch": "meilisearch", "typesense/typesense": "typesense", "qdrant/qdrant": "qdrant", "semitechnologies/weaviate": "weaviate",
	"arangodb": "arangodb", "orientdb": "orientdb", "dgraph/dgraph": "dgraph", "surrealdb/surrealdb": "surrealdb", "mcr.microsoft.com/mssql/server": "mssql",
	"rabbitmq": "rabbitmq", "nats": "nats", "eclipse-mosquitto": "mosquitto", "emqx": "emqx", "emqx/emqx": "emqx", "zookeeper": "zookeeper", "apache/kafka": "kafka",
	"wurstmeister/kafka": "kafka", "apache/activemq-classic": "activemq", "apachepulsar/pulsar": "pulsar", "vectorized/redpanda": "redpanda",
	"keycloak/keycloak": "keycloak", "quay.io/keycloak/keycloak": "keycloak", "jboss/keycloak": "keycloak", "vault": "vault", "consul": "consul",
	"tomcat": "tomcat", "tomee": "tomee", "jetty": "jetty", "quay.io/wildfly/wildfly": "wildfly", "jboss/wildfly": "wildfly", "open-liberty": "open-liberty",
	"icr.io/appcafe/open-liberty": "open-liberty", "websphere-liberty": "websphere-liberty", "payara/server-full": "payara", "payara/micro": "payara",
	"wordpress": "wordpress", "drupal": "drupal", "joomla": "joomla", "ghost": "ghost", "nextcloud": "nextcloud", "mediawiki": "mediawiki", "matomo": "matomo",
	"odoo": "odoo", "moodle": "moodle", "redmine": "redmine", "phpmyadmin": "phpmyadmin", "dpage/pgadmin4": "pgadmin", "adminer": "adminer", "directus/directus": "directus",
	"strapi/strapi": "strapi", "hasura/graphql-engine": "hasura", "n8nio/n8n": "n8n", "nodered/node-red": "node-red", "metabase/metabase": "metabase",
	"apache/superset": "superset", "apache/airflow": "airflow", "puckel/docker-airflow": "airflow", "apache/spark": "spark", "spark": "spark", "flink": "flink",
	"jenkins/jenkins": "jenkins", "jenkins": "jenkins", "jenkins/inbound-agent": "jenkins", "jenkins/agent": "jenkins", "sonarqube": "sonarqube", "gitea/gitea": "gitea",
	"gitlab/gitlab-ce": "gitlab", "gitlab/gitlab-runner": "gitlab-runner", "ghcr.io/actions/actions-runner": "actions-runner", "registry": "registry",
	"sonatype/nexus3": "nexus", "portainer/portainer-ce": "portainer", "minio/minio": "minio", "quay.io/minio/minio": "minio", "localstack/localstack": "localstack",
	"wiremock/wiremock": "wiremock", "mockserver/mockserver": "mockserver", "fluentd": "fluentd", "fluent/fluentd": "fluentd", "fluent/fluent-bit": "fluent-bit",
	"otel/opentelemetry-collector": "opentelemetry-collector", "otel/opentelemetry-collector-contrib": "opentelemetry-collector", "jaegertracing/all-in-one": "jaeger",
	"openpolicyagent/opa": "opa", "flyway/flyway": "flyway", "liquibase": "liquibase", "liquibase/liquibase": "liquibase", "postgrest/postgrest": "postgrest",
	"edoburu/pgbouncer": "pgbouncer", "mailhog/mailhog": "mailhog", "coturn/coturn": "coturn", "itzg/minecraft-server": "minecraft", "homeassistant/home-assistant": "home-assistant",
	"ghcr.io/home-assistant/home-assistant": "home-assistant", "cloudflare/cloudflared": "cloudflared", "ollama/ollama": "ollama", "vllm/vllm-openai": "vllm",
	"amazon/aws-cli": "aws-cli", "google/cloud-sdk": "cloud-sdk", "gcr.io/google.com/cloudsdktool/google-cloud-cli": "cloud-sdk", "mcr.microsoft.com/azure-cli": "azure-cli",
	"alpine/git": "git", "alpine/helm": "helm", "bitnami/kubectl": "kubectl", "dtzar/helm-kubectl": "helm", "curlimages/curl": "curl", "composer": "composer",
	"squidfunk/mkdocs-material": "mkdocs-material", "jekyll/jekyll": "jekyll", "klakegg/hugo": "hugo", "pandoc/core": "pandoc", "pandoc/latex": "pandoc",
	"public.ecr.aws/lambda/python": "aws-lambda", "public.ecr.aws/lambda/nodejs": "aws-lambda", "public.ecr.aws/lambda/java": "aws-lambda",
	"public.ecr.aws/lambda/go": "aws-lambda", "public.ecr.aws/lambda/provided": "aws-lambda", "public.ecr.aws/lambda/dotnet": "aws-lambda", "public.ecr.aws/lambda/ruby": "aws-lambda",
	"amazon/aws-lambda-python": "aws-lambda", "amazon/aws-lambda-nodejs": "aws-lambda",
}

// productConfig is the configuration of the products that a rewrite may start from
// or end on. Of the others only the product's name is known.
func productConfig(name string) (Config, bool) {
	switch name {
	case "nginx", "nginxinc/nginx-unprivileged":
		c := Config{
			Env: []string{pathEnv("")}, Entrypoint: []string{"/docker-entrypoint.sh"}, Cmd: []string{"nginx", "-g", "daemon off;"},
			StopSignal: "SIGQUIT", ExposedPorts: []string{"80/tcp"},
		}
		if name != "nginx" {
			c.User, c.ExposedPorts = "101", []string{"8080/tcp"}
		}
		return c, true
	case "httpd":
		return Config{
			Env: []string{pathEnv("/usr/local/apache2/bin"), "HTTPD_PREFIX=/usr/local/apache2"}, Cmd: []string{"httpd-foreground"},
			WorkingDir: "/usr/local/apache2", StopSignal: "SIGWINCH", ExposedPorts: []string{"80/tcp"},
		}, true
	case "caddy":
		return Config{
			Env: []string{pathEnv(""), "XDG_CONFIG_HOME=/config", "XDG_DATA_HOME=/data"}, WorkingDir: "/srv",
			Cmd:          []string{"caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"},
			ExposedPorts: []string{"80/tcp", "443/tcp", "443/udp", "2019/tcp"},
		}, true
	case "tomcat":
		return Config{
			Env: []string{pathEnv("/usr/local/tomcat/bin:/opt/java/openjdk/bin"), "CATALINA_HOME=/usr/local/tomcat", "JAVA_HOME=/opt/java/openjdk"},
			Cmd: []string{"catalina.sh", "run"}, WorkingDir: "/usr/local/tomcat", ExposedPorts: []string{"8080/tcp"},
		}, true
	}
	return Config{}, false
}
