package github

import (
	"container/list"
	"sync"
)

// cache keeps values of a bounded sum of costs, the least recently used go first. It
// is for what never changes: keys hold a repository's number and an object's name.
type cache[V any] struct {
	mu    sync.Mutex
	max   int64
	sum   int64
	order list.List // front: most recently used
	items map[string]*list.Element
}

type cached[V any] struct {
	key   string
	value V
	cost  int64
}

func newCache[V any](max int64) *cache[V] {
	return &cache[V]{max: max, items: map[string]*list.Element{}}
}

func (c *cache[V]) get(key string) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(e)
	return e.Value.(cached[V]).value, true
}

// put keeps a value, unless it costs more than all that is kept may.
func (c *cache[V]) put(key string, value V, cost int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
	if cost > c.max {
		return
	}
	c.items[key] = c.order.PushFront(cached[V]{key, value, cost})
	for c.sum += cost; c.sum > c.max; {
		c.remove(c.order.Back().Value.(cached[V]).key)
	}
}

func (c *cache[V]) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
}

func (c *cache[V]) remove(key string) {
	if e, ok := c.items[key]; ok {
		c.sum -= e.Value.(cached[V]).cost
		c.order.Remove(e)
		delete(c.items, key)
	}
}
