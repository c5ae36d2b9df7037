#include "textflag.h"
#include "go_asm.h"

// func sum(state uint64, p []byte) uint64
TEXT ·sum(SB), NOSPLIT, $0-40
	MOVQ	state+0(FP), AX
	MOVQ	p_base+8(FP), SI
	MOVQ	p_len+16(FP), CX
	MOVQ	$const_prime, DI
	TESTQ	CX, CX
	JZ	done

next:
	MOVBQZX	(SI), DX
	XORQ	DX, AX
	IMULQ	DI, AX
	INCQ	SI
	DECQ	CX
	JNZ	next

done:
	MOVQ	AX, ret+32(FP)
	RET
