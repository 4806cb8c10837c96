;; Compares byte by byte and stops at the first difference: a comparison that leaks, for the bench to catch.
(module
  (memory (export "memory") 1)
  ;; Returns whether the 32 bytes at 0 and the 32 bytes at 32 are equal.
  (func (export "compare") (result i32)
    (local $at i32)
    (loop $next
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.load8_u offset=32 (local.get $at)))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 32))))
    (i32.const 1)))
