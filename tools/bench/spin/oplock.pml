/*
 * The opportunistic locks of one stream, with N handles: for Spin (http://spinroot.com).
 *
 * Written from the specification: Requesting and Granting Oplocks, Breaking Oplocks, Acknowledging
 * Oplock Breaks, the articles on IRP_MJ_CREATE and IRP_MJ_WRITE, [MS-FSA] 2.1.4.12, 2.1.5.18 and
 * 2.1.5.19; where they leave something open, docs/spec-decisions.md (SC-nnn), profile `docs`.
 * conformance/explore/oplock_model.h says what a handle may do and what is left out, and drives
 * the oplock package of this project through the same protocol. The two share no line; that they
 * have the same number of reachable states and of transitions is a check of both.
 *
 *   spin -DN=5 -DOPENINGS=60 -a oplock.pml
 *   gcc -O3 -DSAFETY -DNOREDUCE -DMEMLIM=8000 -o pan pan.c && ./pan -m100000 -w24
 *
 * Every option of the loop below is one indivisible step: one request of one owner with all that
 * follows from it at once. So a transition here is a transition there.
 */

#ifndef N
#define N 3
#endif

/* Which ways of opening exist, as a set of bits by the numbers below; which types may be
   requested, as a set of bits by type. */
#ifndef OPENINGS
#define OPENINGS 63
#endif
#ifndef TYPES
#define TYPES 510
#endif

/* Ways of opening. All but EXCLUSIVE share everything. */
#define ATTRIBUTES    0   /* FILE_READ_ATTRIBUTES: takes no part in sharing, breaks nothing */
#define READ          1   /* FILE_READ_DATA */
#define WRITE         2   /* FILE_READ_DATA, FILE_WRITE_DATA */
#define EXCLUSIVE     3   /* the same, sharing nothing */
#define OVERWRITE     4   /* as WRITE, FILE_OVERWRITE_IF */
#define WRITE_NO_WAIT 5   /* as WRITE, FILE_COMPLETE_IF_OPLOCKED */

/* Oplock types. */
#define NONE    0
#define LEVEL_1 1
#define LEVEL_2 2
#define BATCH   3
#define FILTER  4
#define R       5
#define RH      6
#define RW      7
#define RWH     8

#define is_exclusive(type) ((410 >> (type)) & 1)   /* Level 1, Batch, Filter, RW, RWH */

/* How far an oplock is broken without the owner's acknowledgment. */
#define TO_LEVEL_2         1
#define TO_NONE            2
#define TO_LEVEL_2_TO_NONE 3   /* told Level 2, None by now (SC-055, SC-081) */
#define TO_R               4
#define TO_RH              5
#define TO_RW              6

/* What an owner is doing, and what it waits for. */
#define IDLE    0
#define OPENING 1
#define WRITING 2
#define FOR_ACKNOWLEDGMENT 1   /* of the exclusive owner */
#define FOR_READ_HANDLES   2   /* until no Read-Handle of another owner is breaking */

typedef Handle {
    unsigned open      : 1;   /* there is a FILE_OBJECT */
    unsigned how       : 3;   /* it is, or is being, opened like this */
    unsigned doing     : 2;
    unsigned past      : 1;   /* opening: past the break of Batch and Filter */
    unsigned retried   : 1;   /* opening: the one break of handle caching is used up (SC-014) */
    unsigned released  : 1;   /* the operation in flight may go on */
    unsigned requested : 1;   /* it has had its one oplock request */
    unsigned waits     : 2;
    unsigned type      : 4;   /* of its oplock */
    unsigned breaking  : 3;
    unsigned closing   : 1    /* acknowledged with a promise to close */
};
Handle h[N];

/* Every handle in turn; unrolled, because Spin is slow at loops and quick at expressions. */
#if N == 1
#define EACH(f) f(0)
#define ANY(p) (p(0))
#define SUM(p) (p(0))
#define FIRST(p) (p(0) -> 0 : N)
#elif N == 2
#define EACH(f) f(0); f(1)
#define ANY(p) (p(0) || p(1))
#define SUM(p) (p(0) + p(1))
#define FIRST(p) (p(0) -> 0 : (p(1) -> 1 : N))
#elif N == 3
#define EACH(f) f(0); f(1); f(2)
#define ANY(p) (p(0) || p(1) || p(2))
#define SUM(p) (p(0) + p(1) + p(2))
#define FIRST(p) (p(0) -> 0 : (p(1) -> 1 : (p(2) -> 2 : N)))
#elif N == 4
#define EACH(f) f(0); f(1); f(2); f(3)
#define ANY(p) (p(0) || p(1) || p(2) || p(3))
#define SUM(p) (p(0) + p(1) + p(2) + p(3))
#define FIRST(p) (p(0) -> 0 : (p(1) -> 1 : (p(2) -> 2 : (p(3) -> 3 : N))))
#elif N == 5
#define EACH(f) f(0); f(1); f(2); f(3); f(4)
#define ANY(p) (p(0) || p(1) || p(2) || p(3) || p(4))
#define SUM(p) (p(0) + p(1) + p(2) + p(3) + p(4))
#define FIRST(p) (p(0) -> 0 : (p(1) -> 1 : (p(2) -> 2 : (p(3) -> 3 : (p(4) -> 4 : N)))))
#else
#error "1 to 5 handles"
#endif

#define me _pid

/* Scratch, not part of the state: set before use in every step. */
hidden byte x;           /* the handle with an exclusive oplock, or N */
hidden byte way;         /* how the oplocks of the stream are breaking */
hidden byte must_wait;
hidden byte reason;      /* to wait: FOR_... */

/* Either of the two excludes the other. */
#define excludes(a, b) \
    ((a) != ATTRIBUTES && (b) != ATTRIBUTES && ((a) == EXCLUSIVE || (b) == EXCLUSIVE))

#define is_granular(type)    ((type) >= R)
#define may_write(how)       ((how) == WRITE || (how) == EXCLUSIVE)

/* Of handle k. */
#define k_exclusive(k)       is_exclusive(h[k].type)
#define k_holds(k)           (h[k].type != NONE)
#define k_waits(k)           (h[k].waits != 0)
#define k_breaking(k)        (h[k].breaking != 0)
#define k_caches_handles(k)  (h[k].type == RH || h[k].type == RWH)
#define k_other_open(k)      (k != me && h[k].open)
#define k_excludes(k)        (k != me && h[k].open && excludes(h[k].how, h[me].how))

/* x: who has an exclusive oplock. There is at most one, and it is alone then. */
#define find_exclusive()     x = FIRST(k_exclusive)

/* Who waited for something that is over may go on: the exclusive break is acknowledged; no
   Read-Handle of another owner is breaking. */
#define k_may_go_on(k) \
    ((h[k].waits == FOR_ACKNOWLEDGMENT && (x == N || !h[x].breaking)) || \
     (h[k].waits == FOR_READ_HANDLES && SUM(k_breaking) == k_breaking(k)))
#define release(k) \
    if \
    :: k_may_go_on(k) -> h[k].waits = 0; h[k].released = 1 \
    :: else \
    fi
inline release_waiters() {
    if
    :: ANY(k_waits) ->
        find_exclusive();
        EACH(release)
    :: else
    fi
}

/* ---- Breaking ---------------------------------------------------------------------------- */

/* A legacy exclusive oplock of handle x must become Level 2, or None. */
inline break_legacy(to_none) {
    if
    :: !h[x].breaking && to_none -> h[x].breaking = TO_NONE
    :: !h[x].breaking && !(to_none) -> h[x].breaking = TO_LEVEL_2
    :: h[x].breaking == TO_LEVEL_2 && to_none -> h[x].breaking = TO_LEVEL_2_TO_NONE
    :: else
    fi;
    must_wait = 1
}

/* RW or RWH of handle x loses write caching. */
inline break_write_caching() {
    if
    :: !h[x].breaking && h[x].type == RWH -> h[x].breaking = TO_RH
    :: !h[x].breaking && h[x].type == RW  -> h[x].breaking = TO_R
    :: h[x].breaking == TO_RW             -> h[x].breaking = TO_R
    :: else
    fi;
    must_wait = 1
}

/* RWH of handle x loses handle caching. */
inline break_handle_caching() {
    if
    :: !h[x].breaking          -> h[x].breaking = TO_RW
    :: h[x].breaking == TO_RH  -> h[x].breaking = TO_R
    :: else
    fi;
    must_wait = 1
}

/* A write or an overwriting create meets shared oplocks. Level 2 of everybody: to None, nothing is
   acknowledged (SC-001: that of the writer too). Read and Read-Handle of others: what was granted
   breaks to None, Read without acknowledgment; what was breaking to Read goes to None now. */
#define break_shared_of(k) \
    if \
    :: h[k].type == LEVEL_2            -> h[k].type = NONE \
    :: k != me && h[k].type == R       -> h[k].type = NONE \
    :: k != me && h[k].type == RH      -> h[k].breaking = TO_NONE \
    :: else \
    fi
inline break_shared() {
    if
    :: ANY(k_holds) -> EACH(break_shared_of)
    :: else
    fi
}

/* A sharing violation meets Read-Handles: they lose handle caching, and the breaker waits for all
   that are breaking. An overwriting create takes everything at once (SC-013). */
#define break_read_handle_of(k) \
    if \
    :: k != me && h[k].type == RH -> \
        if \
        :: h[me].how == OVERWRITE                   -> h[k].breaking = TO_NONE \
        :: h[me].how != OVERWRITE && !h[k].breaking -> h[k].breaking = TO_R \
        :: else \
        fi; \
        must_wait = 1; reason = FOR_READ_HANDLES \
    :: else \
    fi
inline break_read_handles() { EACH(break_read_handle_of) }

/* Checking the Oplock State of an IRP_MJ_CREATE Operation, when the sharing check is passed (or,
   for Batch and Filter, before it). Sets must_wait. */
inline check_create() {
    must_wait = 0; reason = FOR_ACKNOWLEDGMENT;
    if
    :: h[me].how != ATTRIBUTES ->
        find_exclusive();
        if
        :: x < N ->
            if
            :: h[x].type == LEVEL_1 || h[x].type == BATCH -> break_legacy(h[me].how == OVERWRITE)
            :: h[x].type == FILTER ->   /* SC-016: writable, and does not share reading */
                if
                :: h[me].how == EXCLUSIVE -> break_legacy(1)
                :: else
                fi
            :: is_granular(h[x].type) && h[me].how == OVERWRITE ->
                h[x].breaking = TO_NONE; must_wait = 1
            :: is_granular(h[x].type) && h[me].how != OVERWRITE -> break_write_caching()
            fi
        :: x == N && h[me].how == OVERWRITE -> break_shared()
        :: else
        fi
    :: else
    fi;
    if
    :: h[me].how == WRITE_NO_WAIT -> must_wait = 0
    :: else
    fi
}

/* The same, when the create found a sharing violation: handle caching (SC-013). Only RH and RWH
   stand in the way of a sharing check. */
inline check_create_break_handle() {
    must_wait = 0; reason = FOR_ACKNOWLEDGMENT;
    find_exclusive();
    if
    :: x < N && h[x].type == RWH && h[me].how == OVERWRITE -> h[x].breaking = TO_NONE; must_wait = 1
    :: x < N && h[x].type == RWH && h[me].how != OVERWRITE -> break_handle_caching()
    :: x == N -> break_read_handles()
    :: else
    fi;
    if
    :: h[me].how == WRITE_NO_WAIT -> must_wait = 0
    :: else
    fi
}

/* Checking the Oplock State of an IRP_MJ_WRITE Operation. */
inline check_write() {
    must_wait = 0; reason = FOR_ACKNOWLEDGMENT;
    find_exclusive();
    if
    :: x == N -> break_shared()
    :: x < N && x != me && is_granular(h[x].type) -> h[x].breaking = TO_NONE; must_wait = 1
    :: x < N && x != me && !is_granular(h[x].type) -> break_legacy(1)
    :: else
    fi
}

/* ---- Operations -------------------------------------------------------------------------- */

inline forget() {   /* the handle is closed, or was never opened */
    h[me].open = 0; h[me].how = 0; h[me].doing = IDLE; h[me].past = 0; h[me].retried = 0;
    h[me].released = 0; h[me].requested = 0; h[me].waits = 0;
    h[me].type = NONE; h[me].breaking = 0; h[me].closing = 0
}

/* A create, from its beginning or from where it waited (SC-012, SC-014). */
inline create() {
    must_wait = 0;
    if
    :: !h[me].past ->
        find_exclusive();
        if
        :: x < N && (h[x].type == BATCH || h[x].type == FILTER) -> check_create()
        :: else
        fi
    :: else
    fi;
    if
    :: must_wait -> h[me].waits = reason
    :: else ->
        h[me].past = 1;
        if
        :: ANY(k_excludes) ->
            if
            :: !h[me].retried && ANY(k_caches_handles) ->
                h[me].retried = 1;
                check_create_break_handle();
                if
                :: must_wait -> h[me].waits = reason
                :: else -> forget()   /* nobody closed meanwhile: the violation stands */
                fi
            :: else -> forget()       /* STATUS_SHARING_VIOLATION */
            fi
        :: else ->
            check_create();
            if
            :: must_wait -> h[me].waits = reason
            :: else ->
                h[me].open = 1; h[me].doing = IDLE; h[me].past = 0; h[me].retried = 0;
                /* Nobody can tell any more how a handle came about that shares and writes. */
                if
                :: h[me].how == OVERWRITE || h[me].how == WRITE_NO_WAIT -> h[me].how = WRITE
                :: else
                fi
            fi
        fi
    fi
}

inline write() {
    check_write();
    if
    :: must_wait -> h[me].doing = WRITING; h[me].waits = reason
    :: else -> h[me].doing = IDLE
    fi
}

/* Requesting and Granting Oplocks. The handle holds nothing yet and is its own key. */
inline request_exclusive(wanted) {   /* no other opens (SC-108) */
    h[me].requested = 1;
    if
    :: !ANY(k_other_open) -> h[me].type = wanted
    :: else
    fi
}

/* Level 2, Read, Read-Handle: not beside an exclusive oplock; not while every oplock is breaking
   the same way (SC-073); Level 2 and Read-Handle not beside each other. */
#define k_level_2(k)           (h[k].type == LEVEL_2)
#define k_read_handle(k)       (h[k].type == RH)
#define k_breaks_to_none(k)    (h[k].breaking == TO_NONE)
#define k_breaks_to_read(k)    (h[k].breaking == TO_R)
#define breaking_one_way \
    (ANY(k_breaking) && (SUM(k_breaks_to_none) == SUM(k_holds) || \
                         SUM(k_breaks_to_read) == SUM(k_holds)))
inline request_shared(wanted, denied) {
    h[me].requested = 1;
    if
    :: !ANY(k_exclusive) && !(denied) && !breaking_one_way -> h[me].type = wanted
    :: else
    fi
}

/* Acknowledging Oplock Breaks, the legacy types. */
inline acknowledge(accepts_level_2) {
    if
    :: accepts_level_2 && h[me].breaking == TO_LEVEL_2 -> h[me].type = LEVEL_2
    :: else -> h[me].type = NONE
    fi;
    h[me].breaking = 0;
    release_waiters()
}

inline close_pending() {   /* Level 1 has no such promise: it is given up at once */
    if
    :: h[me].type == LEVEL_1 -> acknowledge(0)
    :: else -> h[me].closing = 1
    fi
}

/* And the Windows 7 types, with a level to keep, or none. A Read-Handle cannot stay as it goes to
   None and somebody waits, nor become exclusive beside others (SC-080); RW cannot become RWH while
   somebody waits (SC-079). Refused: STATUS_CANNOT_GRANT_REQUESTED_OPLOCK, and still owed. */
#define refused(kept) \
    (kept != NONE && \
     ((h[me].type == RH && \
       ((h[me].breaking == TO_NONE && ANY(k_waits)) || \
        ((kept == RW || kept == RWH) && \
         (ANY(k_waits) || SUM(k_holds) > 1 || ANY(k_other_open))))) || \
      (h[me].type == RW && kept == RWH && ANY(k_waits))))
inline acknowledge_level(kept) {
    if
    :: !refused(kept) -> h[me].type = kept; h[me].breaking = 0; release_waiters()
    :: else
    fi
}

/* ---- What must hold in every state ------------------------------------------------------- */

/* At most one exclusive oplock, and alone; Level 2 and Read-Handle apart; who waits, waits for a
   break; nobody in flight is forgotten; no two opens that exclude each other. */
#define k_data_open(k)      (h[k].open && h[k].how != ATTRIBUTES)
#define k_exclusive_open(k) (h[k].open && h[k].how == EXCLUSIVE)
#define k_lost(k)           ((h[k].doing != IDLE) != k_waits(k) + h[k].released)
#define check_state() \
    assert(!(ANY(k_exclusive) && SUM(k_holds) > 1)); \
    assert(!(ANY(k_level_2) && ANY(k_read_handle))); \
    assert(!ANY(k_waits) || ANY(k_breaking)); \
    assert(!ANY(k_lost)); \
    assert(!(ANY(k_exclusive_open) && SUM(k_data_open) > 1))

/* ---- The owners -------------------------------------------------------------------------- */

#define idle (h[me].open && h[me].doing == IDLE)
#define fresh (idle && !h[me].requested)
#define owes (idle && h[me].breaking && !h[me].closing)
#define may_open(how) (!h[me].open && h[me].doing == IDLE && ((OPENINGS >> how) & 1))
#define may_request(type) (fresh && ((TYPES >> type) & 1))

#define opens(way_to_open) \
    d_step { may_open(way_to_open) -> h[me].how = way_to_open; h[me].doing = OPENING; create(); check_state() }
#define requests_exclusive(wanted) \
    d_step { may_request(wanted) -> request_exclusive(wanted); check_state() }
#define requests_shared(wanted, denied) \
    d_step { may_request(wanted) -> request_shared(wanted, denied); check_state() }
#define acknowledges_level(kept) \
    d_step { owes && is_granular(h[me].type) -> acknowledge_level(kept); check_state() }

active [N] proctype Owner() {
    do
    :: opens(ATTRIBUTES)
    :: opens(READ)
    :: opens(WRITE)
    :: opens(EXCLUSIVE)
    :: opens(OVERWRITE)
    :: opens(WRITE_NO_WAIT)
    :: requests_exclusive(LEVEL_1)
    :: requests_exclusive(BATCH)
    :: requests_exclusive(FILTER)
    :: requests_exclusive(RW)
    :: requests_exclusive(RWH)
    :: requests_shared(LEVEL_2, ANY(k_read_handle))
    :: requests_shared(R, 0)
    :: requests_shared(RH, ANY(k_level_2))
    :: d_step { idle && may_write(h[me].how) -> write(); check_state() }
    :: d_step { owes && !is_granular(h[me].type) -> acknowledge(1); check_state() }
    :: d_step { owes && !is_granular(h[me].type) -> acknowledge(0); check_state() }
    :: d_step { owes && !is_granular(h[me].type) -> close_pending(); check_state() }
    :: acknowledges_level(NONE)
    :: acknowledges_level(R)
    :: acknowledges_level(RH)
    :: acknowledges_level(RW)
    :: acknowledges_level(RWH)
    :: d_step { idle -> forget(); release_waiters(); check_state() }
    :: d_step { h[me].released -> h[me].released = 0;
                if
                :: h[me].doing == OPENING -> create()
                :: else -> write()
                fi;
                check_state() }
    :: d_step { h[me].waits ->
                if
                :: h[me].doing == OPENING -> forget()
                :: else -> h[me].doing = IDLE; h[me].waits = 0
                fi;
                check_state() }
    od
}
