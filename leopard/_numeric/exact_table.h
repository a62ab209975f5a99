/* What a table of the loops of `exact_loops.h` is. */
#ifndef LEOPARD_EXACT_TABLE_H
#define LEOPARD_EXACT_TABLE_H

typedef void (*leopard_inner_loop)(char **, npy_intp *, npy_intp *, void *);

/* The same for rows: how many, and the strides from row to row. */
typedef void (*leopard_rows_loop)(char **, npy_intp, npy_intp *, npy_intp *, npy_intp *, void *);

typedef struct {                /* NumPy's own loop */
    leopard_inner_loop call;
    void *data;
} leopard_other_loop;

enum {
    LEOPARD_ADD, LEOPARD_SUBTRACT, LEOPARD_MULTIPLY, LEOPARD_DIVIDES, LEOPARD_NEGATIVE, LEOPARD_SQUARE, LEOPARD_SQRT,
    LEOPARD_N_EXACT
};

/* Of two operations in one loop: the second one, of the result t of the first one and a third operand x. */
enum {
    LEOPARD_T_PLUS_X, LEOPARD_T_MINUS_X, LEOPARD_X_MINUS_T, LEOPARD_T_TIMES_X, LEOPARD_T_OVER_X, LEOPARD_X_OVER_T,
    LEOPARD_T_SQUARED, LEOPARD_N_SECOND
};
#define LEOPARD_N_FIRST (LEOPARD_DIVIDES + 1)

typedef struct {                /* of one instruction set; the second index is 0 for float64, 1 for float32 */
    const char *name;
    leopard_inner_loop loops[LEOPARD_N_EXACT][2];
    leopard_rows_loop rows[LEOPARD_N_FIRST];                        /* of float64 */
    leopard_inner_loop pairs[LEOPARD_N_FIRST][LEOPARD_N_SECOND];    /* of float64; NULL where no vectors are long */
    void (*outer_double)(const char *, npy_intp, const double *, double *, npy_intp, npy_intp, int);
    void (*outer_float)(const char *, npy_intp, const float *, float *, npy_intp, npy_intp, int);
} leopard_exact_table;

#endif
