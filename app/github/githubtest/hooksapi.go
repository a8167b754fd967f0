package githubtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// listDeliveries is GET /app/hook/deliveries: newest first, pages by cursor.
func (s *Server) listDeliveries(c *call) (any, error) {
	per := 30
	if n, err := strconv.Atoi(c.FormValue("per_page")); err == nil && n > 0 {
		per = min(n, 100)
	}
	before := int64(-1)
	if cursor := c.FormValue("cursor"); cursor != "" {
		n, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil {
			return nil, &apiError{status: http.StatusBadRequest, message: "Invalid cursor"}
		}
		before = n
	}
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	out := []object{}
	for _, d := range slices.Backward(s.hooks.all) {
		failed := d.StatusCode < 200 || d.StatusCode > 299
		status := c.FormValue("status")
		if d.Sent.IsZero() || before >= 0 && d.ID >= before || status == "success" && failed || status == "failure" && !failed {
			continue
		}
		if len(out) == per {
			next := strconv.FormatInt(out[per-1]["id"].(int64), 10)
			c.header.Set("Link", "<"+s.apiURL+"/app/hook/deliveries?per_page="+strconv.Itoa(per)+"&cursor="+next+`>; rel="next"`)
			break
		}
		out = append(out, deliveryJSON(d))
	}
	return out, nil
}

// getDelivery is GET /app/hook/deliveries/{delivery_id}, with the payload.
func (s *Server) getDelivery(c *call) (any, error) {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	for _, d := range s.hooks.all {
		if d.ID != c.number("delivery_id") || d.Sent.IsZero() {
			continue
		}
		o := deliveryJSON(d)
		o["url"] = s.hooks.url
		o["request"] = object{"headers": flat(d.Headers), "payload": json.RawMessage(d.Payload)}
		o["response"] = object{"headers": flat(d.Answer), "payload": d.AnswerBody}
		return o, nil
	}
	return nil, errNotFound
}

// attemptDelivery is POST /app/hook/deliveries/{delivery_id}/attempts: 202, and
// the delivery goes out a little later, also when the automatic mode is off.
func (s *Server) attemptDelivery(c *call) (any, error) {
	d := s.hooks.again(c.number("delivery_id"), s.id())
	if d == nil {
		return nil, errNotFound
	}
	s.hooks.repeats.Go(func() { s.hooks.send(s.hooks.ctx, d) })
	c.status = http.StatusAccepted
	return object{}, nil
}

func deliveryJSON(d *Delivery) object {
	number := func(n int64) any {
		if n == 0 {
			return nil
		}
		return n
	}
	return object{"id": d.ID, "guid": d.GUID, "delivered_at": stamp(d.Sent), "redelivery": d.Redelivery, "duration": d.Duration.Seconds(),
		"status": d.Status, "status_code": d.StatusCode, "event": d.Event, "action": orNull(d.Action),
		"installation_id": number(d.Installation), "repository_id": number(d.Repository), "throttled_at": nil}
}

// flat is a header with one value for each name.
func flat(h http.Header) object {
	o := object{}
	for k := range h {
		o[k] = h.Get(k)
	}
	return o
}
