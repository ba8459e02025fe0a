/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/*
 * Announces the screen memory that QEMU's standard VGA was set to by its boot mode (vga=) as a
 * "simple-framebuffer". Debian's kernels, built without CONFIG_SYSFB_SIMPLEFB, give it to vesafb.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_data/simplefb.h>
#include <linux/platform_device.h>

static uint width = 1280, height = 720, stride = 5120;
module_param(width, uint, 0444);
module_param(height, uint, 0444);
module_param(stride, uint, 0444);

static ulong address;
module_param(address, ulong, 0444);

static struct platform_device *device;

static int __init bootscreen_init(void)
{
	struct resource memory = DEFINE_RES_MEM(address, (u64)stride * height);
	struct simplefb_platform_data data = {
		.width = width,
		.height = height,
		.stride = stride,
		.format = "x8r8g8b8",
	};

	if (!address)
		return -EINVAL;
	device = platform_device_register_resndata(NULL, "simple-framebuffer", 0, &memory, 1, &data,
						   sizeof(data));
	return PTR_ERR_OR_ZERO(device);
}

static void __exit bootscreen_exit(void)
{
	platform_device_unregister(device);
}

module_init(bootscreen_init);
module_exit(bootscreen_exit);
MODULE_DESCRIPTION("A simple-framebuffer where the boot left one");
MODULE_LICENSE("Dual MIT/GPL");
