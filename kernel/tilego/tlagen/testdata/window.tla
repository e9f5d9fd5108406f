---- MODULE Joint ----
EXTENDS Integers
VARIABLE z

HQuo(a, b) ==
  ( IF ( a >= 0 ) THEN ( IF ( b > 0 ) THEN ( a \div b ) ELSE ( 0 - ( a \div ( 0 - b ) ) ) )
  ELSE ( IF ( b > 0 ) THEN ( 0 - ( ( 0 - a ) \div b ) ) ELSE ( ( 0 - a ) \div ( 0 - b ) ) ) )
RECURSIVE M0L4(_, _, _)
M0L4(lo, hi, k) ==
  ( IF ( ( ( k[1] ) # 0 ) \/ ( hi <= lo ) ) THEN k
  ELSE ( IF ( ( hi - lo ) = 1 ) THEN
    ( LET
        M0v3 == ( k[2] )
        M0v4 == lo
      IN ( LET
        M0v5 == [ M0v3 EXCEPT ![ M0v4 ] = 500 ]
      IN << 0 , M0v5 >> ) )
  ELSE ( LET mid == ( lo + ( ( hi - lo ) \div 2 ) ) IN M0L4(mid, hi, M0L4(lo, mid, k)) ) ) )
M0(M0v0, M0v1, M0v2) ==
  ( LET
    M0q1 == M0L4(0, 4, << 0 , M0v0 >>)
    M0v6 == ( M0q1[2] )
  IN [ s0 |-> M0v6 , s1 |-> M0v1 , s2 |-> 2000 ] )
M1(M1v0, M1v1, M1v2) ==
  ( LET
    M1v3 == ( ( M1v1 < 4 ) /\ ( M1v2 <= 6000 ) )
  IN M1v3 )
RECURSIVE M2L4(_, _, _, _)
M2L4(lo, hi, k, M2v0) ==
  ( IF ( ( ( k[1] ) # 0 ) \/ ( hi <= lo ) ) THEN k
  ELSE ( IF ( ( hi - lo ) = 1 ) THEN
    ( LET
        M2v3 == ( k[2] )
        M2v4 == lo
      IN ( LET
        M2v5 == ( M2v0[ M2v4 ] )
        M2v6 == M2v5
        M2y7 == ( M2v3 + M2v6 )
        M2x7 == ( IF ( ( M2y7 >= ( 0 - 1073741823 ) ) /\ ( M2y7 <= 1073741823 ) ) THEN 0 ELSE 3 )
        M2v7 == ( IF ( M2x7 = 0 ) THEN M2y7 ELSE 0 )
      IN << M2x7 , M2v7 >> ) )
  ELSE ( LET mid == ( lo + ( ( hi - lo ) \div 2 ) ) IN M2L4(mid, hi, M2L4(lo, mid, k, M2v0), M2v0) ) ) )
M2(M2v0, M2v1, M2v2) ==
  ( LET
    M2q1 == M2L4(0, 4, << 0 , 0 >>, M2v0)
    M2v8 == ( M2q1[2] )
    M2v9 == HQuo(M2v8, 4)
    M2v10 == ( ( ( ( ( M2v9 + 32768 ) % 65536 ) + 65536 ) % 65536 ) - 32768 )
  IN [ e |-> ( M2q1[1] ) , r0 |-> M2v10 ] )
M3(M3v0, M3v1, M3v2, M3v3) ==
  ( LET
    M3x4 == ( IF ( M3v1 < 4 ) THEN 0 ELSE 1 )
    M3v4 == ( IF ( M3x4 = 0 ) THEN ( M3v0[ M3v1 ] ) ELSE 0 )
    M3v5 == ( ( ( M3v4 % 65536 ) + 65536 ) % 65536 )
    M3v6 == M3v5
    M3y7 == ( M3v2 - M3v6 )
    M3x7 == ( IF ( M3y7 >= 0 ) THEN 0 ELSE 3 )
    M3v7 == ( IF ( M3x7 = 0 ) THEN M3y7 ELSE 0 )
    M3w1 == ( IF ( M3x4 # 0 ) THEN M3x4 ELSE M3x7 )
    M3v8 == M3v3
    M3y9 == ( M3v7 + M3v8 )
    M3x9 == ( IF ( M3y9 <= 1073741823 ) THEN 0 ELSE 3 )
    M3v9 == ( IF ( M3x9 = 0 ) THEN M3y9 ELSE 0 )
    M3w2 == ( IF ( M3w1 # 0 ) THEN M3w1 ELSE M3x9 )
    M3v10 == ( ( ( ( ( M3v3 + 32768 ) % 65536 ) + 65536 ) % 65536 ) - 32768 )
    M3x11 == ( IF ( M3v1 < 4 ) THEN 0 ELSE 1 )
    M3v11 == ( IF ( M3x11 = 0 ) THEN [ M3v0 EXCEPT ![ M3v1 ] = M3v10 ] ELSE M3v0 )
    M3w3 == ( IF ( M3w2 # 0 ) THEN M3w2 ELSE M3x11 )
    M3v12 == ( ( M3v1 + 1 ) % 256 )
    M3v13 == ( M3v12 % 4 )
  IN [ e |-> M3w3 , s0 |-> M3v11 , s1 |-> M3v13 , s2 |-> M3v9 ] )
M4(M4v0, M4v1, M4v2, M4v3, M4v4, M4v5) ==
  ( IF ( ( M4v5 ) \/ ( M4v3 >= 900 ) ) THEN
    [ e |-> 0 , s0 |-> M4v0 , s1 |-> M4v1 , s2 |-> M4v2 , r0 |-> 10 , r1 |-> 4 ]
  ELSE
    ( LET
      M4v6 == ( IF ( M4v3 >= 0 ) THEN M4v3 ELSE 0 )
      M4v7 == ( ( ( M4v6 % 65536 ) + 65536 ) % 65536 )
      M4q1 == M3(M4v0, M4v1, M4v2, M4v7)
      M4v8 == ( M4q1.s0 )
      M4v9 == ( M4q1.s1 )
      M4v10 == ( M4q1.s2 )
      M4q2 == M2(M4v8, M4v9, M4v10)
      M4v11 == ( M4q2.r0 )
      M4w3 == ( IF ( ( M4q1.e ) # 0 ) THEN ( M4q1.e ) ELSE ( M4q2.e ) )
    IN ( IF ( M4v11 < 450 ) THEN
      [ e |-> M4w3 , s0 |-> M4v8 , s1 |-> M4v9 , s2 |-> M4v10 , r0 |-> 0 , r1 |-> 0 ]
    ELSE
      ( LET
        M4v12 == ( ( ( ( M4v11 - 450 ) + 98304 ) % 65536 ) - 32768 )
        M4v13 == ( ( ( ( ( HQuo(M4v12, 20) + 32768 ) % 65536 ) + 65536 ) % 65536 ) - 32768 )
        M4v14 == ( ( ( M4v13 % 256 ) + 256 ) % 256 )
        M4v15 == ( IF ( M4v14 <= 10 ) THEN M4v14 ELSE 10 )
      IN [ e |-> M4w3 , s0 |-> M4v8 , s1 |-> M4v9 , s2 |-> M4v10 , r0 |-> M4v15 , r1 |-> 0 ] ) ) ) )
C0(C0v0, C0v1, C0v2) ==
  ( LET
    C0v3 == ( ( C0v0 >= ( 0 - 400 ) ) /\ ( C0v0 <= 1500 ) )
  IN C0v3 )
C1(C1v0, C1v1, C1v2) ==
  ( LET
    C1v3 == ( ( C1v2 ) \/ ( C1v0 >= 900 ) )
  IN C1v3 )
C2(C2v0, C2v1, C2v2, C2v3, C2v4) ==
  ( IF ( ( C2v3 > 10 ) \/ ( C2v4 > 4 ) ) THEN
    FALSE
  ELSE
    ( LET
      C2v5 == C1(C2v0, C2v1, C2v2)
    IN ( IF ( C2v5 ) THEN
      ( LET
        C2v6 == ( ( C2v3 = 10 ) /\ ( C2v4 = 4 ) )
      IN C2v6 )
    ELSE
      TRUE ) ) )
E0(E0v0, E0v1, E0v2, E0v3) ==
  ( IF ( E0v3 = 1 ) THEN
    [ s0 |-> 700 , s1 |-> E0v1 , s2 |-> E0v2 ]
  ELSE
    [ s0 |-> 500 , s1 |-> E0v1 , s2 |-> E0v2 ] )
E1(E1v0, E1v1, E1v2, E1v3) ==
  ( LET
    E1v4 == ( E1v3 % 2 )
    E1v5 == E1v4
    E1v6 == ( E1v3 >= 2 )
  IN [ r0 |-> E1v0 , r1 |-> E1v5 , r2 |-> E1v6 ] )
E2(E2v0, E2v1, E2v2, E2v3, E2v4, E2v5) ==
  ( LET
    E2v6 == ( E2v3 % 2 )
    E2v7 == E2v6
    E2v8 == ( ( ( ( ( ( E2v7 * 30 ) + 32768 ) % 65536 ) + 65536 ) % 65536 ) - 32768 )
    E2v9 == E2v4
    E2v10 == ( ( ( ( ( ( E2v9 * 10 ) + 32768 ) % 65536 ) + 65536 ) % 65536 ) - 32768 )
    E2v11 == ( ( ( ( E2v8 - E2v10 ) + 98304 ) % 65536 ) - 32768 )
    E2v12 == ( ( ( ( E2v0 + E2v11 ) + 98304 ) % 65536 ) - 32768 )
    E2v13 == ( IF ( E2v12 <= 1200 ) THEN E2v12 ELSE 1200 )
    E2v14 == ( IF ( E2v13 >= 200 ) THEN E2v13 ELSE 200 )
    E2v17 == ( IF ( E2v14 > 600 ) THEN
      ( LET
        E2v15 == ( ( E2v2 + 1 ) % 256 )
        E2v16 == ( IF ( E2v15 <= 200 ) THEN E2v15 ELSE 200 )
      IN E2v16 )
    ELSE
      0 )
    E2v18 == ( E2v3 >= 2 )
  IN [ s0 |-> E2v14 , s1 |-> E2v18 , s2 |-> E2v17 ] )
E3(E3v0, E3v1, E3v2) ==
  ( LET
    E3v3 == ( E3v0 < 900 )
  IN E3v3 )
E4(E4v0, E4v1, E4v2) ==
  ( LET
    E4v3 == ( E4v2 <= 8 )
  IN E4v3 )

J(s, c) ==
  ( LET i == E1(( s.e0 ), ( s.e1 ), ( s.e2 ), c) IN
  ( LET f == C0(( i.r0 ), ( i.r1 ), ( i.r2 )) IN
  ( IF ( ~ ( f ) ) THEN [ s EXCEPT !.x = 2 ] ELSE
  ( LET o == M4(( s.m0 ), ( s.m1 ), ( s.m2 ), ( i.r0 ), ( i.r1 ), ( i.r2 )) IN
  ( IF ( ( o.e ) # 0 ) THEN [ s EXCEPT !.x = ( IF ( ( o.e ) = 3 ) THEN 7 ELSE 3 ) ] ELSE
  ( LET p == C2(( i.r0 ), ( i.r1 ), ( i.r2 ), ( o.r0 ), ( o.r1 )) IN
  ( IF ( ~ ( p ) ) THEN [ s EXCEPT !.x = 4 ] ELSE
  ( LET n == E2(( s.e0 ), ( s.e1 ), ( s.e2 ), c, ( o.r0 ), ( o.r1 )) IN
  [ x |-> 0 , m0 |-> ( o.s0 ) , m1 |-> ( o.s1 ) , m2 |-> ( o.s2 ) , e0 |-> ( n.s0 ) , e1 |-> ( n.s1 ) , e2 |-> ( n.s2 ) ] ) ) ) ) ) ) ) )
Next == \E c \in 0 .. 3 : ( z' = J(z, c) )

Z(c) ==
  ( LET o == M0([ d \in 0 .. 3 |-> 0 ], 0, 0) IN
  ( LET n == E0(0, FALSE, 0, c) IN
  [ x |-> 0 , m0 |-> ( o.s0 ) , m1 |-> ( o.s1 ) , m2 |-> ( o.s2 ) , e0 |-> ( n.s0 ) , e1 |-> ( n.s1 ) , e2 |-> ( n.s2 ) ] ) )
Init == \E c \in 0 .. 1 : ( z = Z(c) )

K0 == ( ( z.x # 7 ) )
K1 == ( ( z.x # 1 ) /\ ( z.x # 2 ) )
K2 == ( ( z.x # 3 ) )
K3 == ( ( z.x # 4 ) )
K4 == ( M1(( z.m0 ), ( z.m1 ), ( z.m2 )) )
K5 == ( E3(( z.e0 ), ( z.e1 ), ( z.e2 )) )
K6 == ( E4(( z.e0 ), ( z.e1 ), ( z.e2 )) )
====
