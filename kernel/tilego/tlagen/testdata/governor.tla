---- MODULE Joint ----
EXTENDS Integers
VARIABLE z

MT0(i) == ( IF ( i < 1 ) THEN 2 ELSE ( IF ( i < 2 ) THEN 3 ELSE 4 ) )
M0(M0v0, M0v1, M0v2, M0v3) ==
  ( IF ( ( M0v3 ) \/ ( M0v2 >= 5 ) ) THEN
    [ e |-> 0 , s0 |-> 2 , s1 |-> 3 , r0 |-> 2 ]
  ELSE
    ( LET
      M0v5 == ( IF ( M0v1 > 0 ) THEN
        ( LET
          M0v4 == ( ( ( M0v1 - 1 ) + 256 ) % 256 )
        IN M0v4 )
      ELSE
        M0v1 )
      M0x6 == ( IF ( M0v0 < 3 ) THEN 0 ELSE 1 )
      M0v6 == ( IF ( M0x6 = 0 ) THEN MT0(M0v0) ELSE 0 )
      M0v7 == ( ( ( ( M0v6 - 1 ) + 98304 ) % 65536 ) - 32768 )
      M0q2 == ( IF ( ( M0v2 >= M0v6 ) /\ ( M0v0 < 2 ) ) THEN
        ( LET
          M0v8 == ( ( M0v0 + 1 ) % 256 )
        IN << M0v8 , 1 >> )
      ELSE
        ( LET
          M0q1 == ( IF ( ( M0v2 < M0v7 ) /\ ( ( M0v5 = 0 ) /\ ( M0v0 > 0 ) ) ) THEN
            ( LET
              M0v9 == ( ( ( M0v0 - 1 ) + 256 ) % 256 )
            IN << M0v9 , 3 >> )
          ELSE
            << M0v0 , M0v5 >> )
          M0v10 == ( M0q1[1] )
          M0v11 == ( M0q1[2] )
        IN << M0v10 , M0v11 >> ) )
      M0v12 == ( M0q2[1] )
      M0v13 == ( M0q2[2] )
    IN [ e |-> M0x6 , s0 |-> M0v12 , s1 |-> M0v13 , r0 |-> M0v12 ] ) )
M1(M1v0, M1v1) ==
  ( LET
    M1v2 == ( ( M1v0 <= 2 ) /\ ( M1v1 <= 3 ) )
  IN M1v2 )
C0(C0v0, C0v1) ==
  ( LET
    C0v2 == ( ( C0v0 >= 0 ) /\ ( C0v0 <= 100 ) )
  IN C0v2 )
C1(C1v0, C1v1, C1v2) ==
  ( LET
    C1v3 == ( ( C1v2 <= 2 ) /\ ( ( ~ ( ( C1v1 ) \/ ( C1v0 >= 5 ) ) ) \/ ( C1v2 = 2 ) ) )
  IN C1v3 )
E0(E0v0, E0v1, E0v2, E0v3, E0v4) ==
  ( LET
    E0v5 == E0v4
  IN [ s0 |-> E0v5 , s1 |-> E0v5 , s2 |-> E0v2 , s3 |-> E0v3 ] )
E1(E1v0, E1v1, E1v2, E1v3, E1v4) ==
  ( LET
    E1v5 == ( E1v4 % 2 )
    E1v6 == ( E1v5 = 1 )
  IN [ r0 |-> E1v1 , r1 |-> E1v6 ] )
E2(E2v0, E2v1, E2v2, E2v3, E2v4, E2v5) ==
  ( LET
    E2v6 == ( E2v4 \div 2 )
    E2v7 == E2v6
    E2v8 == E2v5
    E2v9 == ( ( ( ( E2v0 + E2v7 ) + 98304 ) % 65536 ) - 32768 )
    E2v10 == ( ( ( ( E2v9 - E2v8 ) + 98304 ) % 65536 ) - 32768 )
    E2v11 == ( IF ( 8 <= E2v10 ) THEN 8 ELSE E2v10 )
    E2v12 == ( IF ( 0 >= E2v11 ) THEN 0 ELSE E2v11 )
    E2v13 == ( E2v4 % 2 )
    E2v14 == ( E2v13 = 1 )
  IN [ s0 |-> E2v12 , s1 |-> E2v0 , s2 |-> E2v6 , s3 |-> E2v14 ] )
E3(E3v0, E3v1, E3v2, E3v3) ==
  ( LET
    E3v4 == ( E3v0 <= 7 )
  IN E3v4 )

J(s, c) ==
  ( LET i == E1(( s.e0 ), ( s.e1 ), ( s.e2 ), ( s.e3 ), c) IN
  ( LET f == C0(( i.r0 ), ( i.r1 )) IN
  ( IF ( ~ ( f ) ) THEN [ s EXCEPT !.x = 2 ] ELSE
  ( LET o == M0(( s.m0 ), ( s.m1 ), ( i.r0 ), ( i.r1 )) IN
  ( IF ( ( o.e ) # 0 ) THEN [ s EXCEPT !.x = ( IF ( ( o.e ) = 3 ) THEN 7 ELSE 3 ) ] ELSE
  ( LET p == C1(( i.r0 ), ( i.r1 ), ( o.r0 )) IN
  ( IF ( ~ ( p ) ) THEN [ s EXCEPT !.x = 4 ] ELSE
  ( LET n == E2(( s.e0 ), ( s.e1 ), ( s.e2 ), ( s.e3 ), c, ( o.r0 )) IN
  [ x |-> 0 , m0 |-> ( o.s0 ) , m1 |-> ( o.s1 ) , e0 |-> ( n.s0 ) , e1 |-> ( n.s1 ) , e2 |-> ( n.s2 ) , e3 |-> ( n.s3 ) ] ) ) ) ) ) ) ) )
Next == \E c \in 0 .. 5 : ( z' = J(z, c) )

Z(c) ==
  ( LET n == E0(0, 0, 0, FALSE, c) IN
  [ x |-> 0 , m0 |-> 0 , m1 |-> 0 , e0 |-> ( n.s0 ) , e1 |-> ( n.s1 ) , e2 |-> ( n.s2 ) , e3 |-> ( n.s3 ) ] )
Init == \E c \in 0 .. 1 : ( z = Z(c) )

K0 == ( ( z.x # 7 ) )
K1 == ( ( z.x # 1 ) /\ ( z.x # 2 ) )
K2 == ( ( z.x # 3 ) )
K3 == ( ( z.x # 4 ) )
K4 == ( M1(( z.m0 ), ( z.m1 )) )
K5 == ( E3(( z.e0 ), ( z.e1 ), ( z.e2 ), ( z.e3 )) )
====
