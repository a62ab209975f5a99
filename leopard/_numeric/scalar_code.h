/* Runs of float64 numbers as code: instructions of 16 bytes on an arena of doubles.

   A. An instruction is {op, y, a, b}: y, a and b are offsets in bytes into the arena. What a plan holds (the
      enum `leopard_opcodes`) is translated once by `leopard_translate`: an operand that is the last result is
      taken from a register ("L" in the name of a form), not from memory ("M"), which takes the delay between a
      store and a load off chains.
   B. Two dispatches run the same forms: threaded code (`goto *`), where an instruction holds the place of its
      label, and a `switch` for compilers without it. Both are compiled where that is possible, so that tests can
      run either.
   C. Each form is stated once, in LEOPARD_FORMS.
   D. Comparisons raise no flag for a nan, as NumPy's do not. Floating-point flags stay in the status registers. A loop of NumPy's may clear them: so what stands there is
      collected before each call. */
#ifndef LEOPARD_SCALAR_CODE_H
#define LEOPARD_SCALAR_CODE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint32_t op, y, a, b;
} leopard_instruction;

typedef struct {                    /* takes the place behind the instruction of a call */
    void (*call)(char **, npy_intp *, npy_intp *, void *);
    void *data;
} leopard_callee;

/* The operations of a plan. */
enum leopard_opcodes {
    LEOPARD_OP_ADD, LEOPARD_OP_SUBTRACT, LEOPARD_OP_MULTIPLY, LEOPARD_OP_DIVIDE,
    LEOPARD_OP_NEGATIVE, LEOPARD_OP_SQUARE, LEOPARD_OP_SQRT, LEOPARD_OP_COPY,
    LEOPARD_OP_LOAD, LEOPARD_OP_STORE, LEOPARD_OP_CALL1, LEOPARD_OP_CALL2,
    LEOPARD_OP_LESS, LEOPARD_OP_LESS_EQUAL, LEOPARD_OP_GREATER, LEOPARD_OP_GREATER_EQUAL,
    LEOPARD_OP_EQUAL, LEOPARD_OP_NOT_EQUAL, LEOPARD_OP_SELECT,
    LEOPARD_OP_GUARD_TRUE, LEOPARD_OP_GUARD_FALSE, LEOPARD_OP_GUARD_EQUAL, LEOPARD_N_OPS
};

#define LEOPARD_VALUE(offset) (*(double *)(arena + (offset)))
/* A result is stored, and is the last result. */
#define LEOPARD_RESULT(expression) { last = (expression); LEOPARD_VALUE(ip->y) = last; }
#define LEOPARD_UNLESS(condition) { if (!(condition)) { outcome = (int)ip->b + 1; goto end; } }

/* FORM(name, statement): what an instruction does. M: an operand in memory, L: the last result. */
#define LEOPARD_FORMS(FORM)                                                                                     \
    FORM(ADD_MM, LEOPARD_RESULT(LEOPARD_VALUE(ip->a) + LEOPARD_VALUE(ip->b)))                                   \
    FORM(ADD_LM, LEOPARD_RESULT(last + LEOPARD_VALUE(ip->b)))                                                   \
    FORM(SUBTRACT_MM, LEOPARD_RESULT(LEOPARD_VALUE(ip->a) - LEOPARD_VALUE(ip->b)))                              \
    FORM(SUBTRACT_LM, LEOPARD_RESULT(last - LEOPARD_VALUE(ip->b)))                                              \
    FORM(SUBTRACT_ML, LEOPARD_RESULT(LEOPARD_VALUE(ip->a) - last))                                              \
    FORM(MULTIPLY_MM, LEOPARD_RESULT(LEOPARD_VALUE(ip->a) * LEOPARD_VALUE(ip->b)))                              \
    FORM(MULTIPLY_LM, LEOPARD_RESULT(last * LEOPARD_VALUE(ip->b)))                                              \
    FORM(DIVIDE_MM, LEOPARD_RESULT(LEOPARD_VALUE(ip->a) / LEOPARD_VALUE(ip->b)))                                \
    FORM(DIVIDE_LM, LEOPARD_RESULT(last / LEOPARD_VALUE(ip->b)))                                                \
    FORM(DIVIDE_ML, LEOPARD_RESULT(LEOPARD_VALUE(ip->a) / last))                                                \
    FORM(NEGATIVE_M, LEOPARD_RESULT(-LEOPARD_VALUE(ip->a)))                                                     \
    FORM(NEGATIVE_L, LEOPARD_RESULT(-last))                                                                     \
    FORM(SQUARE_M, { double x = LEOPARD_VALUE(ip->a); LEOPARD_RESULT(x * x) })                                  \
    FORM(SQUARE_L, LEOPARD_RESULT(last * last))                                                                 \
    FORM(SQRT_M, LEOPARD_RESULT(sqrt(LEOPARD_VALUE(ip->a))))                                                    \
    FORM(COPY_M, LEOPARD_RESULT(LEOPARD_VALUE(ip->a)))                                                          \
    FORM(LOAD, LEOPARD_RESULT(*(double *)(bases[ip->a] + ip->b)))                                               \
    FORM(STORE, *(double *)(bases[ip->y] + ip->b) = LEOPARD_VALUE(ip->a);)                                      \
    FORM(CALL1, {                                                                                               \
        const leopard_callee *callee = (const leopard_callee *)(ip + 1);                                        \
        char *args[2] = {arena + ip->a, arena + ip->y};                                                         \
        *status |= leopard_status();                                                                            \
        callee->call(args, &leopard_one, leopard_steps, callee->data);                                          \
        last = LEOPARD_VALUE(ip->y);                                                                            \
        ip++;                                                                                                   \
    })                                                                                                          \
    FORM(CALL2, {                                                                                               \
        const leopard_callee *callee = (const leopard_callee *)(ip + 1);                                        \
        char *args[3] = {arena + ip->a, arena + ip->b, arena + ip->y};                                          \
        *status |= leopard_status();                                                                            \
        callee->call(args, &leopard_one, leopard_steps, callee->data);                                          \
        last = LEOPARD_VALUE(ip->y);                                                                            \
        ip++;                                                                                                   \
    })                                                                                                          \
    FORM(LESS, LEOPARD_RESULT(isless(LEOPARD_VALUE(ip->a), LEOPARD_VALUE(ip->b))))                              \
    FORM(LESS_EQUAL, LEOPARD_RESULT(islessequal(LEOPARD_VALUE(ip->a), LEOPARD_VALUE(ip->b))))                   \
    FORM(GREATER, LEOPARD_RESULT(isgreater(LEOPARD_VALUE(ip->a), LEOPARD_VALUE(ip->b))))                        \
    FORM(GREATER_EQUAL, LEOPARD_RESULT(isgreaterequal(LEOPARD_VALUE(ip->a), LEOPARD_VALUE(ip->b))))             \
    FORM(EQUAL, LEOPARD_RESULT(LEOPARD_VALUE(ip->a) == LEOPARD_VALUE(ip->b)))                                   \
    FORM(NOT_EQUAL, LEOPARD_RESULT(LEOPARD_VALUE(ip->a) != LEOPARD_VALUE(ip->b)))                               \
    FORM(SELECT, LEOPARD_RESULT(LEOPARD_VALUE(ip->y) != 0 ? LEOPARD_VALUE(ip->a) : LEOPARD_VALUE(ip->b)))       \
    FORM(GUARD_TRUE, LEOPARD_UNLESS(LEOPARD_VALUE(ip->a) != 0))                                                 \
    FORM(GUARD_FALSE, LEOPARD_UNLESS(LEOPARD_VALUE(ip->a) == 0))                                                \
    FORM(GUARD_EQUAL, LEOPARD_UNLESS(leopard_equal(LEOPARD_VALUE(ip->a), LEOPARD_VALUE(ip->y))))

#define LEOPARD_NUMBER(name, ...) LEOPARD_##name,
enum leopard_forms { LEOPARD_FORMS(LEOPARD_NUMBER) LEOPARD_END, LEOPARD_N_FORMS };

static inline int leopard_equal(double a, double b) { return a == b || (a != a && b != b); }

/* Runs translated code to its end; returns 0, or the place of the guard that failed, plus 1. Flags that a call may
   clear are added to `status`. Called without code, the threaded form writes the places of its labels. */
static int leopard_run_switch(const leopard_instruction *ip, char *arena, char **bases, int *status) {
    double last = 0;
    int outcome = 0;
#define LEOPARD_CASE(name, ...) case LEOPARD_##name: __VA_ARGS__ break;
    for (;; ip++) {
        switch (ip->op) {
        LEOPARD_FORMS(LEOPARD_CASE)
        default:
            goto end;
        }
    }
end:
    return outcome;
}

#if defined(__GNUC__)
#define LEOPARD_HAS_THREADED 1
static uint32_t leopard_places[LEOPARD_N_FORMS];

/* One body: the places of its labels hold for no copy. Each form jumps to the next by itself. */
#if !defined(__clang__)
__attribute__((noclone, optimize("no-gcse", "no-crossjumping")))
#endif
__attribute__((noinline))
static int leopard_run_threaded(const leopard_instruction *ip, char *arena, char **bases, int *status) {
#define LEOPARD_LABEL(name, ...) &&label_##name,
    static const void *const labels[LEOPARD_N_FORMS] = { LEOPARD_FORMS(LEOPARD_LABEL) &&end };
    double last = 0;
    int outcome = 0;
#define LEOPARD_NEXT goto *(void *)((char *)&&origin + (int32_t)ip->op)
#define LEOPARD_CODE(name, ...) label_##name: __VA_ARGS__ ip++; LEOPARD_NEXT;
    if (ip == NULL) {
        for (int i = 0; i < LEOPARD_N_FORMS; i++)
            leopard_places[i] = (uint32_t)((const char *)labels[i] - (const char *)&&origin);
        return 0;
    }
origin:
    LEOPARD_NEXT;
    LEOPARD_FORMS(LEOPARD_CODE)
end:
    return outcome;
}
#endif

/* The form of an operation on these operands, where `last` is the place of the last result (or of nothing).
   The operands are swapped where both orders are the same to the last bit. */
static int leopard_form_of(uint32_t op, leopard_instruction *i, uint32_t last) {
    switch (op) {
    case LEOPARD_OP_ADD:
    case LEOPARD_OP_MULTIPLY:
        if (i->b == last && i->a != last) {
            i->b = i->a;
            i->a = last;
        }
        if (op == LEOPARD_OP_MULTIPLY && i->a == i->b)
            return i->a == last ? LEOPARD_SQUARE_L : LEOPARD_SQUARE_M;
        if (op == LEOPARD_OP_ADD)
            return i->a == last && i->b != last ? LEOPARD_ADD_LM : LEOPARD_ADD_MM;
        return i->a == last ? LEOPARD_MULTIPLY_LM : LEOPARD_MULTIPLY_MM;
    case LEOPARD_OP_SUBTRACT:
        return i->a == last ? LEOPARD_SUBTRACT_LM : i->b == last ? LEOPARD_SUBTRACT_ML : LEOPARD_SUBTRACT_MM;
    case LEOPARD_OP_DIVIDE:
        return i->a == last ? LEOPARD_DIVIDE_LM : i->b == last ? LEOPARD_DIVIDE_ML : LEOPARD_DIVIDE_MM;
    case LEOPARD_OP_NEGATIVE:
        return i->a == last ? LEOPARD_NEGATIVE_L : LEOPARD_NEGATIVE_M;
    case LEOPARD_OP_SQUARE:
        return i->a == last ? LEOPARD_SQUARE_L : LEOPARD_SQUARE_M;
    case LEOPARD_OP_SQRT: return LEOPARD_SQRT_M;
    case LEOPARD_OP_COPY: return LEOPARD_COPY_M;
    case LEOPARD_OP_LOAD: return LEOPARD_LOAD;
    case LEOPARD_OP_STORE: return LEOPARD_STORE;
    case LEOPARD_OP_CALL1: return LEOPARD_CALL1;
    case LEOPARD_OP_CALL2: return LEOPARD_CALL2;
    case LEOPARD_OP_LESS: return LEOPARD_LESS;
    case LEOPARD_OP_LESS_EQUAL: return LEOPARD_LESS_EQUAL;
    case LEOPARD_OP_GREATER: return LEOPARD_GREATER;
    case LEOPARD_OP_GREATER_EQUAL: return LEOPARD_GREATER_EQUAL;
    case LEOPARD_OP_EQUAL: return LEOPARD_EQUAL;
    case LEOPARD_OP_NOT_EQUAL: return LEOPARD_NOT_EQUAL;
    case LEOPARD_OP_SELECT: return LEOPARD_SELECT;
    case LEOPARD_OP_GUARD_TRUE: return LEOPARD_GUARD_TRUE;
    case LEOPARD_OP_GUARD_FALSE: return LEOPARD_GUARD_FALSE;
    case LEOPARD_OP_GUARD_EQUAL: return LEOPARD_GUARD_EQUAL;
    default: return -1;
    }
}

/* Whether an operation has a result, which is then the last one. */
static inline int leopard_writes_result(uint32_t op) {
    return op != LEOPARD_OP_STORE && op < LEOPARD_OP_GUARD_TRUE;
}

/* Translates `n` instructions of a plan to `to`, which has room for 2 n + 1; `callees` are the loops that calls name.
   Returns the number of slots written, or -1 for an operation that is none. */
static ptrdiff_t leopard_translate(
    const leopard_instruction *code, ptrdiff_t n, leopard_instruction *to, const leopard_callee *callees, int threaded
) {
    ptrdiff_t i, slots = 0;
    uint32_t last = UINT32_MAX;
    for (i = 0; i < n; i++) {
        leopard_instruction made = code[i];
        uint32_t op = made.op & 0xFF;
        int form = leopard_form_of(op, &made, last);
        if (form < 0)
            return -1;
        made.op = (uint32_t)form;
#ifdef LEOPARD_HAS_THREADED
        if (threaded)
            made.op = leopard_places[form];
#endif
        to[slots++] = made;
        if (op == LEOPARD_OP_CALL1 || op == LEOPARD_OP_CALL2)
            memcpy(&to[slots++], &callees[code[i].op >> 8], sizeof(leopard_callee));
        if (leopard_writes_result(op))
            last = made.y;
        else if (op == LEOPARD_OP_STORE && made.y == 0)     /* into the arena: it may overwrite the last result */
            last = UINT32_MAX;
    }
    memset(&to[slots], 0, sizeof(leopard_instruction));
    to[slots].op = LEOPARD_END;
#ifdef LEOPARD_HAS_THREADED
    if (threaded)
        to[slots].op = leopard_places[LEOPARD_END];
#endif
    return slots + 1;
}

#ifndef LEOPARD_HAS_THREADED
#define LEOPARD_HAS_THREADED 0
#define leopard_run_threaded leopard_run_switch
#endif
#endif
