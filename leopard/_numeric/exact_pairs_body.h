/* Part of exact_loops_body.h: two operations of exact arithmetic of float64 in one loop, for LEOPARD_SET.

   t = x0 op x1 and y = t op x2 (or x2 op t, or t * t), each rounded. What lies in between stays in a register of the
   processor, and a division is hidden behind the other operation. Each operand is contiguous or one number; the
   result may be an operand itself, and never overlaps one in part. LEOPARD_WIDTH is that of a vector in bytes; where
   it is 0 there are no such loops. */

#if LEOPARD_WIDTH
#define LEOPARD_VECTOR LEOPARD_JOIN(leopard_vector, double, LEOPARD_SET)
#define LEOPARD_OPERANDS LEOPARD_JOIN(leopard_operands, double, LEOPARD_SET)
#define LEOPARD_BEGIN LEOPARD_JOIN(leopard_begin_pair, double, LEOPARD_SET)

typedef double LEOPARD_VECTOR __attribute__((vector_size(LEOPARD_WIDTH), aligned(8), may_alias));

typedef struct {                /* where operands are read, and how many elements further on the next vector of each */
    const double *from[3];
    npy_intp steps[3];
    double numbers[3][LEOPARD_WIDTH / 8];       /* an operand that is one number, as a vector */
} LEOPARD_OPERANDS;

__attribute__((noinline)) static void LEOPARD_BEGIN(char **args, npy_intp *strides, LEOPARD_OPERANDS *x) {
    int k, i;
    for (k = 0; k < 3; k++) {
        x->from[k] = (const double *)args[k];
        x->steps[k] = strides[k] ? LEOPARD_WIDTH / 8 : 0;
        if (strides[k] == 0) {
            for (i = 0; i < LEOPARD_WIDTH / 8; i++)
                x->numbers[k][i] = x->from[k][0];
            x->from[k] = x->numbers[k];
        }
    }
}

#define LEOPARD_PAIR(name, op, second)                                                                          \
    LEOPARD_TARGET static void LEOPARD_JOIN(leopard_##name, double, LEOPARD_SET)(                               \
        char **args, npy_intp *dimensions, npy_intp *strides, void *data                                        \
    ) {                                                                                                         \
        const npy_intp length = LEOPARD_WIDTH / 8;                                                              \
        LEOPARD_OPERANDS o;                                                                                     \
        double *y = (double *)args[3];                                                                          \
        const double *x0, *x1, *x2;                                                                             \
        npy_intp n = dimensions[0], step0, step1, step2;                                                        \
        LEOPARD_BEGIN(args, strides, &o);                                                                       \
        x0 = o.from[0], x1 = o.from[1], x2 = o.from[2];                                                         \
        step0 = o.steps[0], step1 = o.steps[1], step2 = o.steps[2];                                             \
        for (; n >= length; n -= length, y += length) {                                                         \
            const LEOPARD_VECTOR t = *(const LEOPARD_VECTOR *)x0 op *(const LEOPARD_VECTOR *)x1;                \
            const LEOPARD_VECTOR x = *(const LEOPARD_VECTOR *)x2;                                               \
            *(LEOPARD_VECTOR *)y = second;                                                                      \
            (void)x;                                                                                            \
            x0 += step0, x1 += step1, x2 += step2;                                                              \
        }                                                                                                       \
        for (; n > 0; n--, y++) {                                                                               \
            const double t = *x0 op *x1, x = *x2;                                                               \
            *y = second;                                                                                        \
            (void)x;                                                                                            \
            x0 += step0 != 0, x1 += step1 != 0, x2 += step2 != 0;                                               \
        }                                                                                                       \
        (void)data;                                                                                             \
    }

#define LEOPARD_PAIRS(first, op)                                                                                \
    LEOPARD_PAIR(first##_plus_x, op, t + x)                                                                     \
    LEOPARD_PAIR(first##_minus_x, op, t - x)                                                                    \
    LEOPARD_PAIR(first##_from_x, op, x - t)                                                                     \
    LEOPARD_PAIR(first##_times_x, op, t *x)                                                                     \
    LEOPARD_PAIR(first##_over_x, op, t / x)                                                                     \
    LEOPARD_PAIR(first##_under_x, op, x / t)                                                                    \
    LEOPARD_PAIR(first##_squared, op, t *t)

LEOPARD_PAIRS(plus, +)
LEOPARD_PAIRS(minus, -)
LEOPARD_PAIRS(times, *)
LEOPARD_PAIRS(over, /)

#define LEOPARD_OF_PAIR(name) LEOPARD_JOIN(leopard_##name, double, LEOPARD_SET)
#define LEOPARD_SECONDS(first)                                                                                  \
    {LEOPARD_OF_PAIR(first##_plus_x), LEOPARD_OF_PAIR(first##_minus_x), LEOPARD_OF_PAIR(first##_from_x),        \
     LEOPARD_OF_PAIR(first##_times_x), LEOPARD_OF_PAIR(first##_over_x), LEOPARD_OF_PAIR(first##_under_x),       \
     LEOPARD_OF_PAIR(first##_squared)}
#else
#define LEOPARD_SECONDS(first) {NULL}
#endif

#undef LEOPARD_VECTOR
#undef LEOPARD_OPERANDS
#undef LEOPARD_BEGIN
#undef LEOPARD_PAIR
#undef LEOPARD_PAIRS
