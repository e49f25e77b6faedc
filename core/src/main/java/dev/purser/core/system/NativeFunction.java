package dev.purser.core.system;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/// A function of Linux' C library that returns a whole number. Thread-safe.
@SuppressWarnings("restricted")
public final class NativeFunction {
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final Linker.Option KEEP_ERRNO = Linker.Option.captureCallState("errno");

  private final String name;
  private final MethodHandle function;

  /// @param function takes where errno is kept, and the arguments
  private NativeFunction(String name, MethodHandle function) {
    this.name = name;
    this.function =
        function
            .asSpreader(1, Object[].class, function.type().parameterCount() - 1)
            .asType(MethodType.methodType(Number.class, MemorySegment.class, Object[].class));
  }

  /// What a call gave.
  ///
  /// @param errno why it failed, if `value` says that it did
  public record Result(long value, int errno) {}

  /// @throws IllegalStateException when this is not Linux, or its C library lacks the function
  public static NativeFunction of(String name, ValueLayout result, ValueLayout... parameters) {
    return find(name, result, parameters)
        .orElseThrow(() -> new IllegalStateException("expected a Linux whose libc has " + name));
  }

  /// Empty when this is not Linux, or its C library lacks the function.
  public static Optional<NativeFunction> find(
      String name, ValueLayout result, ValueLayout... parameters) {
    return link(name, FunctionDescriptor.of(result, parameters), KEEP_ERRNO)
        .map(function -> new NativeFunction(name, function));
  }

  /// A system call for which the C library has no function.
  ///
  /// @throws IllegalStateException when this is not Linux
  public static NativeFunction ofSystemCall(String name, long number, ValueLayout... parameters) {
    FunctionDescriptor signature =
        FunctionDescriptor.of(JAVA_LONG, JAVA_LONG).appendArgumentLayouts(parameters);
    MethodHandle syscall =
        link("syscall", signature, KEEP_ERRNO, Linker.Option.firstVariadicArg(1))
            .orElseThrow(() -> new IllegalStateException("expected a Linux, to call " + name));
    return new NativeFunction(name, MethodHandles.insertArguments(syscall, 1, number));
  }

  /// Calls it.
  ///
  /// @param arguments of exactly the types of its parameters
  public Result call(Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      Number value = (Number) function.invokeExact(state, arguments);
      return new Result(value.longValue(), (int) ERRNO.get(state, 0L));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(name + " threw", e);
    }
  }

  private static Optional<MethodHandle> link(
      String name, FunctionDescriptor signature, Linker.Option... options) {
    if (!"Linux".equals(System.getProperty("os.name"))) {
      return Optional.empty();
    }
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(function -> linker.downcallHandle(function, signature, options));
  }
}
