package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
)

// How somebody was recognised.
const (
	viaToken   = "token"
	viaSession = "session"
)

// principal is who makes a request; without a name it is anybody.
type principal struct {
	name string
	via  string
}

type principalKey struct{}

func who(ctx context.Context) principal {
	p, _ := ctx.Value(principalKey{}).(principal)
	return p
}

const sessionCookie = "genesis_session"

// MaxBody is the largest request, in bytes.
const MaxBody = 256 << 10

// guard is everything that stands between the network and the routes.
func (s *service) guard(next http.Handler) http.Handler {
	next = s.authenticate(next)
	next = http.NewCrossOriginProtection().Handler(next)
	next = http.MaxBytesHandler(next, MaxBody)
	return s.named(secured(next))
}

// named gives the request an id and refuses names of this service that are not
// its own: a page elsewhere whose name was pointed at this address.
func (s *service) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := "req_" + random(9)
		w.Header().Set("Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
		if !s.Access.knowsHost(r.Host) {
			writeProblem(w, r, problem(http.StatusMisdirectedRequest, "host.unknown", "use localhost, or name the host at the start", "this service is not %q", r.Host))
			return
		}
		next.ServeHTTP(w, r)
	})
}

type requestKey struct{}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

func (a *Access) knowsHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback() || slices.Contains(a.Hosts, host)
}

// secured sets what holds for every answer; pages set a policy of their own.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// authenticate finds out who asks. Tools use the token, browsers the session;
// the session never opens the routes that change something through the API, so
// a page elsewhere cannot use it there.
func (s *service) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, bad := s.recognise(r)
		if bad != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="genesis"`)
			writeProblem(w, r, bad)
			return
		}
		if s.refuses(r, p) {
			s.unauthenticated(w, r)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, p)))
	})
}

func (s *service) recognise(r *http.Request) (principal, *Problem) {
	if header := r.Header.Get("Authorization"); header != "" {
		token, ok := strings.CutPrefix(header, "Bearer ")
		if !ok || !s.Access.holdsToken(token) {
			return principal{}, problem(http.StatusUnauthorized, "unauthenticated", "use the token in the data directory's "+TokenFile, "the token is not the one of this service")
		}
		return principal{s.Access.Operator, viaToken}, nil
	}
	if c, err := r.Cookie(sessionCookie); err == nil && s.Access.holdsSession(c.Value) {
		return principal{s.Access.Operator, viaSession}, nil
	}
	return principal{}, nil
}

// open are the paths that everybody may use: how to sign in, and what a page is
// made of.
func open(path string) bool {
	return path == "/login" || path == "/livez" || strings.HasPrefix(path, "/static/")
}

func (s *service) refuses(r *http.Request, p principal) bool {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case open(r.URL.Path):
		return false
	case reads:
		return p.name == "" && !s.Access.AnonymousReads
	case strings.HasPrefix(r.URL.Path, "/v1/"):
		return p.via != viaToken
	}
	return p.via != viaSession
}

func (s *service) unauthenticated(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		w.Header().Set("WWW-Authenticate", `Bearer realm="genesis"`)
		writeProblem(w, r, problem(http.StatusUnauthorized, "unauthenticated", "send Authorization: Bearer with the token in the data directory's "+TokenFile, "this needs the token"))
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func (s *service) signIn(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: s.Access.session(), Path: "/", MaxAge: int(SessionLife.Seconds()),
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
	s.log(r.Context(), "signed in", slog.String("operator", s.Access.Operator))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *service) signOut(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
