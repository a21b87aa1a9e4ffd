package jobs

import (
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"comeback/commerce"
)

// RedisAddress says how a Redis is reached: one server, a server that sentinels
// name, or a cluster. ParseRedis makes it.
type RedisAddress struct {
	single   *redis.Options
	sentinel *redis.FailoverOptions
	cluster  *redis.ClusterOptions
}

// ParseRedis reads the address of a Redis:
//
//	host:port
//	redis://[user:password@]host:port[/database], rediss:// with TLS
//	unix:///path/to/socket
//	redis-sentinel://[user:password@]host1:port,host2:port[/database]?master=NAME
//	redis-cluster://[user:password@]host1:port,host2:port
//
// The last two also take ?tls=true. The password of a sentinel address is that of
// the servers; sentinel_password is that of the sentinels. An error contains nothing
// of the address, which may have a password.
func ParseRedis(address string) (RedisAddress, error) {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		scheme, rest = "redis", address
	}
	switch scheme {
	case "redis", "rediss", "unix":
		options, err := redis.ParseURL(scheme + "://" + rest)
		if err != nil || !found && !isHostPort(rest) {
			return RedisAddress{}, wrongRedis("write host:port, or " + scheme + "://host:port/database")
		}
		return RedisAddress{single: options}, nil
	case "redis-sentinel", "redis-cluster":
		return parseRedisHosts(scheme, rest)
	}
	return RedisAddress{}, wrongRedis("write host:port, or a URI of redis, rediss, unix, redis-sentinel or redis-cluster")
}

// parseRedisHosts reads an address of several hosts, which is no URL.
func parseRedisHosts(scheme, rest string) (a RedisAddress, err error) {
	rest, query, _ := strings.Cut(rest, "?")
	var user *url.Userinfo
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		u, err := url.Parse("redis://" + rest[:at+1] + "host")
		if err != nil {
			return a, wrongRedis("write the user and the password with %-escapes")
		}
		user, rest = u.User, rest[at+1:]
	}
	list, path, _ := strings.Cut(rest, "/")
	hosts := strings.Split(list, ",")
	for _, host := range hosts {
		if !isHostPort(host) {
			return a, wrongRedis("write all hosts as host:port, with commas between them")
		}
	}
	known := map[string]bool{"tls": true, "master": scheme == "redis-sentinel", "sentinel_password": scheme == "redis-sentinel"}
	settings, err := url.ParseQuery(query)
	for name := range settings {
		if err == nil && !known[name] {
			return a, wrongRedis(name + ": no setting of " + scheme)
		}
	}
	secure, failed := strconv.ParseBool(settings.Get("tls"))
	if err != nil || failed != nil && settings.Has("tls") {
		return a, wrongRedis("write ?tls=true or leave it out")
	}
	password, _ := user.Password()
	var encrypted *tls.Config
	if secure {
		encrypted = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if scheme == "redis-cluster" {
		if path != "" {
			return a, wrongRedis("a cluster has no databases, leave the path out")
		}
		return RedisAddress{cluster: &redis.ClusterOptions{
			Addrs: hosts, Username: user.Username(), Password: password, TLSConfig: encrypted,
		}}, nil
	}
	database := 0
	if path != "" {
		if database, err = strconv.Atoi(path); err != nil || database < 0 {
			return a, wrongRedis("the path is the number of the database, as /0")
		}
	}
	if settings.Get("master") == "" {
		return a, wrongRedis("name the master that the sentinels watch: ?master=NAME")
	}
	return RedisAddress{sentinel: &redis.FailoverOptions{
		MasterName: settings.Get("master"), SentinelAddrs: hosts, SentinelPassword: settings.Get("sentinel_password"),
		Username: user.Username(), Password: password, DB: database, TLSConfig: encrypted,
	}}, nil
}

func (a RedisAddress) connect() redis.UniversalClient {
	switch {
	case a.sentinel != nil:
		return redis.NewFailoverClient(a.sentinel)
	case a.cluster != nil:
		return redis.NewClusterClient(a.cluster)
	}
	return redis.NewClient(a.single)
}

func wrongRedis(remedy string) error {
	return commerce.Errorf(commerce.Invalid, "not an address of Redis; %s", remedy)
}

func isHostPort(text string) bool {
	host, port, err := net.SplitHostPort(text)
	number, failed := strconv.ParseUint(port, 10, 16)
	return err == nil && failed == nil && number > 0 && host != "" && !strings.ContainsAny(host, "/@ ")
}
