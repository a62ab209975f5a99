/* Part of exact_loops.h: the loops for one instruction set, LEOPARD_SET. */

#define LEOPARD_JOIN_(a, b, c) a##_##b##_##c
#define LEOPARD_JOIN(a, b, c) LEOPARD_JOIN_(a, b, c)

#define LEOPARD_OTHERWISE ((leopard_other_loop *)data)->call(args, dimensions, strides, ((leopard_other_loop *)data)->data)

/* The loop `name` of two operands for each of many short rows, without a call for each */
#define LEOPARD_ROWS(name)                                                                                      \
    LEOPARD_TARGET static void LEOPARD_JOIN(name##_rows, double, LEOPARD_SET)(                                  \
        char **args, npy_intp n_rows, npy_intp *dimensions, npy_intp *row_strides, npy_intp *strides, void *data \
    ) {                                                                                                         \
        npy_intp i;                                                                                             \
        int k;                                                                                                  \
        for (i = 0; i < n_rows; i++) {                                                                          \
            LEOPARD_JOIN(name, double, LEOPARD_SET)(args, dimensions, strides, data);                           \
            for (k = 0; k < 3; k++)                                                                             \
                args[k] += row_strides[k];                                                                      \
        }                                                                                                       \
    }

/* y = x0 op x1, where each operand is contiguous or one number */
#define LEOPARD_BINARY(name, T, op)                                                                             \
    LEOPARD_TARGET static inline void LEOPARD_JOIN(name, T, LEOPARD_SET)(                                              \
        char **args, npy_intp *dimensions, npy_intp *strides, void *data                                        \
    ) {                                                                                                         \
        const T *x0 = (const T *)args[0], *x1 = (const T *)args[1];                                             \
        T *y = (T *)args[2];                                                                                    \
        npy_intp i, n = dimensions[0], size = sizeof(T);                                                        \
        if (strides[2] != size) {                                                                               \
            LEOPARD_OTHERWISE;                                                                                  \
        } else if (strides[0] == size && strides[1] == size) {                                                  \
            LEOPARD_INDEPENDENT                                                                                 \
            for (i = 0; i < n; i++)                                                                             \
                y[i] = x0[i] op x1[i];                                                                          \
        } else if (strides[0] == 0 && strides[1] == size) {                                                     \
            const T number = n > 0 ? x0[0] : 0;                                                                 \
            LEOPARD_INDEPENDENT                                                                                 \
            for (i = 0; i < n; i++)                                                                             \
                y[i] = number op x1[i];                                                                         \
        } else if (strides[0] == size && strides[1] == 0) {                                                     \
            const T number = n > 0 ? x1[0] : 0;                                                                 \
            LEOPARD_INDEPENDENT                                                                                 \
            for (i = 0; i < n; i++)                                                                             \
                y[i] = x0[i] op number;                                                                         \
        } else {                                                                                                \
            LEOPARD_OTHERWISE;                                                                                  \
        }                                                                                                       \
    }

#define LEOPARD_UNARY(name, T, expression)                                                                      \
    LEOPARD_TARGET static void LEOPARD_JOIN(name, T, LEOPARD_SET)(                                              \
        char **args, npy_intp *dimensions, npy_intp *strides, void *data                                        \
    ) {                                                                                                         \
        const T *x0 = (const T *)args[0];                                                                       \
        T *y = (T *)args[1];                                                                                    \
        npy_intp i, n = dimensions[0], size = sizeof(T);                                                        \
        if (strides[0] == size && strides[1] == size) {                                                         \
            LEOPARD_INDEPENDENT                                                                                 \
            for (i = 0; i < n; i++) {                                                                           \
                const T x = x0[i];                                                                              \
                y[i] = expression;                                                                              \
            }                                                                                                   \
        } else {                                                                                                \
            LEOPARD_OTHERWISE;                                                                                  \
        }                                                                                                       \
    }

LEOPARD_BINARY(leopard_add, double, +)
LEOPARD_BINARY(leopard_add, float, +)
LEOPARD_BINARY(leopard_subtract, double, -)
LEOPARD_BINARY(leopard_subtract, float, -)
LEOPARD_BINARY(leopard_multiply, double, *)
LEOPARD_BINARY(leopard_multiply, float, *)
LEOPARD_BINARY(leopard_divide, double, /)
LEOPARD_BINARY(leopard_divide, float, /)
LEOPARD_UNARY(leopard_negative, double, -x)
LEOPARD_UNARY(leopard_negative, float, -x)
LEOPARD_UNARY(leopard_square, double, x *x)
LEOPARD_UNARY(leopard_square, float, x *x)
LEOPARD_UNARY(leopard_sqrt, double, sqrt(x))
LEOPARD_UNARY(leopard_sqrt, float, sqrtf(x))

/* A column times a contiguous row: m rows of n. Where `signed_zeros`, each product is added to 0, as a sum of products. */
#define LEOPARD_OUTER(T)                                                                                        \
    LEOPARD_TARGET static void LEOPARD_JOIN(leopard_outer, T, LEOPARD_SET)(                                     \
        const char *column, npy_intp stride, const T *row, T *y, npy_intp m, npy_intp n, int signed_zeros       \
    ) {                                                                                                         \
        npy_intp i, j;                                                                                          \
        for (i = 0; i < m; i++, y += n) {                                                                       \
            const T x = *(const T *)(column + i * stride);                                                      \
            if (signed_zeros) {                                                                                 \
                LEOPARD_INDEPENDENT                                                                             \
                for (j = 0; j < n; j++)                                                                         \
                    y[j] = x * row[j] + (T)0;                                                                   \
            } else {                                                                                            \
                LEOPARD_INDEPENDENT                                                                             \
                for (j = 0; j < n; j++)                                                                         \
                    y[j] = x * row[j];                                                                          \
            }                                                                                                   \
        }                                                                                                       \
    }

LEOPARD_OUTER(double)
LEOPARD_OUTER(float)

LEOPARD_ROWS(leopard_add)
LEOPARD_ROWS(leopard_subtract)
LEOPARD_ROWS(leopard_multiply)
LEOPARD_ROWS(leopard_divide)

#include "exact_pairs_body.h"

#define LEOPARD_BOTH(name) {LEOPARD_JOIN(name, double, LEOPARD_SET), LEOPARD_JOIN(name, float, LEOPARD_SET)}
#define LEOPARD_NAME_(set) #set
#define LEOPARD_NAME(set) LEOPARD_NAME_(set)
#define LEOPARD_TABLE_(set) leopard_exact_##set
#define LEOPARD_TABLE(set) LEOPARD_TABLE_(set)

static const leopard_exact_table LEOPARD_TABLE(LEOPARD_SET) = {
    LEOPARD_NAME(LEOPARD_SET),
    {LEOPARD_BOTH(leopard_add), LEOPARD_BOTH(leopard_subtract), LEOPARD_BOTH(leopard_multiply),
     LEOPARD_BOTH(leopard_divide), LEOPARD_BOTH(leopard_negative), LEOPARD_BOTH(leopard_square),
     LEOPARD_BOTH(leopard_sqrt)},
    {LEOPARD_JOIN(leopard_add_rows, double, LEOPARD_SET), LEOPARD_JOIN(leopard_subtract_rows, double, LEOPARD_SET),
     LEOPARD_JOIN(leopard_multiply_rows, double, LEOPARD_SET), LEOPARD_JOIN(leopard_divide_rows, double, LEOPARD_SET)},
    {LEOPARD_SECONDS(plus), LEOPARD_SECONDS(minus), LEOPARD_SECONDS(times), LEOPARD_SECONDS(over)},
    LEOPARD_JOIN(leopard_outer, double, LEOPARD_SET), LEOPARD_JOIN(leopard_outer, float, LEOPARD_SET),
};

#undef LEOPARD_JOIN_
#undef LEOPARD_JOIN
#undef LEOPARD_OTHERWISE
#undef LEOPARD_BINARY
#undef LEOPARD_UNARY
#undef LEOPARD_OUTER
#undef LEOPARD_ROWS
#undef LEOPARD_SECONDS
#undef LEOPARD_OF_PAIR
#undef LEOPARD_BOTH
#undef LEOPARD_NAME_
#undef LEOPARD_NAME
#undef LEOPARD_TABLE_
#undef LEOPARD_TABLE
